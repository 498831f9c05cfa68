"""When an object is deleted, the alerts about it and the alerts to it are deleted in the same transaction."""

from itertools import islice
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.db.models.signals import post_delete, pre_delete

from alerts import audiences
from alerts.models import Alert, reference
from alerts.notifications import delete_alerts

# Nobody is alerted about these rows, and a receiver would make each deletion load thousands of them.
IGNORED_APPS = {"parlour", "parlour_alerts", "sessions", "contenttypes", "axes", "admin"}
BATCH = 500  # deleted objects asked about at once


def connect() -> None:
    """Connect the receivers. Called once, when the app is ready."""
    for model in apps.get_models():
        if model._meta.app_label not in IGNORED_APPS:
            pre_delete.connect(before_delete, sender=model, dispatch_uid=f"alerts.before.{model._meta.label}")
            post_delete.connect(after_delete, sender=model, dispatch_uid=f"alerts.after.{model._meta.label}")


def before_delete(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """One deletion may delete thousands of objects: collect them on the object or queryset that it began with."""
    vars(instance if origin is None else origin).setdefault("_deleted", []).append(instance)


def after_delete(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """The first of them is deleted, and by now all are collected."""
    objects = iter(vars(instance if origin is None else origin).pop("_deleted", ()))
    while batch := list(islice(objects, BATCH)):
        ended = [name for each in batch for name in audiences.ended_with(each)]
        delete_alerts(Alert.objects.filter(Q(about__in=[reference(each) for each in batch]) | Q(audience__in=ended)))
