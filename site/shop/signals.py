"""Rows deleted anywhere, in the admin too: pages that list an order look again, an import's file goes with it."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from shop.imports.models import Import
from shop.models import Order
from shop.place_order import order_deleted


@receiver(post_delete, sender=Order)
def on_order_deleted(instance: Order, **kwargs: Any) -> None:
    """Update the pages."""
    order_deleted(instance)


@receiver(post_delete, sender=Import)
def on_import_deleted(instance: Import, **kwargs: Any) -> None:
    """Delete the file once that is committed."""
    file = instance.file
    transaction.on_commit(lambda: file.delete(save=False), robust=True)
