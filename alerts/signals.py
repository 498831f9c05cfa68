"""What is deleted needs nobody's attention."""

from typing import Any

from django.db.models.signals import post_delete

from alerts.models import Alert
from alerts.telling import named, settle


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(gone, dispatch_uid="alerts.gone")


def gone(instance: Any, **kwargs: Any) -> None:
    """Something was deleted; alerts about it are settled. A look comes first: most things nobody was told about."""
    if Alert.objects.open().filter(about=named(instance)).exists():
        settle(instance)
