"""What is deleted needs nobody's attention: what was told about it, and what was told to it, goes with it."""

from itertools import islice
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.db.models.signals import post_delete, pre_delete

from alerts import audiences
from alerts.models import Alert
from alerts.telling import forget, named

# Rows of machinery, deleted often and by thousands; a listener would make each deletion load them all.
QUIET = {"parlour", "alerts", "sessions", "contenttypes", "axes", "admin"}
BATCH = 500  # deleted things that are asked about at once


def connect() -> None:
    """Called once, when the app is ready."""
    for model in apps.get_models():
        if model._meta.app_label not in QUIET:
            pre_delete.connect(going, sender=model, dispatch_uid=f"alerts.going.{model._meta.label}")
            post_delete.connect(gone, sender=model, dispatch_uid=f"alerts.gone.{model._meta.label}")


def going(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Something will be deleted, perhaps with thousands: they are gathered on what the deletion began with."""
    _beginning(instance, origin).setdefault("_going", []).append(instance)


def gone(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """The first of them is deleted, and by then all are gathered: their alerts go in the same transaction."""
    things = iter(_beginning(instance, origin).pop("_going", ()))
    while batch := list(islice(things, BATCH)):
        own = [name for thing in batch for name in audiences.own(thing)]
        forget(Alert.objects.filter(Q(about__in=[named(thing) for thing in batch]) | Q(audience__in=own)))


def _beginning(instance: Any, origin: Any) -> dict[str, Any]:
    return vars(instance if origin is None else origin)
