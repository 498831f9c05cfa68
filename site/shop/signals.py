"""What is deleted anywhere, in the admin too, leaves the pages that list it, and no file behind."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from shop import ordering
from shop.imports.models import Import
from shop.models import Order


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(deleted, sender=Order, dispatch_uid="shop.deleted")
    post_delete.connect(forgotten, sender=Import, dispatch_uid="shop.forgotten")


def deleted(instance: Order, **kwargs: Any) -> None:
    """An order is gone."""
    ordering.gone(instance)


def forgotten(instance: Import, **kwargs: Any) -> None:
    """An import is gone, with its job or its owner: its file goes once that is committed."""
    path = instance.path
    transaction.on_commit(lambda: path.unlink(missing_ok=True), robust=True)
