"""What is deleted anywhere, in the admin too, leaves the pages that list it."""

from typing import Any

from django.db.models.signals import post_delete

from shop import ordering
from shop.models import Order


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(deleted, sender=Order, dispatch_uid="shop.deleted")


def deleted(instance: Order, **kwargs: Any) -> None:
    """An order is gone."""
    ordering.gone(instance)
