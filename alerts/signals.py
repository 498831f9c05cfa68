"""What is deleted needs nobody's attention."""

from typing import Any

from django.apps import apps
from django.db.models.signals import post_delete

from alerts.models import Alert, Job
from alerts.telling import named, settle
from parlour.changes import Change, deed

# Rows of machinery, deleted often and by thousands; a listener would make each deletion load them all.
QUIET = {"parlour", "alerts", "sessions", "contenttypes", "axes", "admin"}


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(job_gone, sender=Job, dispatch_uid="alerts.job_gone")
    for model in apps.get_models():
        if model._meta.app_label not in QUIET:
            post_delete.connect(gone, sender=model, dispatch_uid=f"alerts.gone.{model._meta.label}")


def gone(instance: Any, **kwargs: Any) -> None:
    """Something was deleted; alerts about it are settled. A look comes first: most things nobody was told about."""
    if Alert.objects.open().filter(about=named(instance)).exists():
        settle(instance)


@deed
def job_gone(change: Change, instance: Job, **kwargs: Any) -> None:
    """A job was deleted, perhaps in the admin: it leaves the pages that show it."""
    change.touch(instance.stream)
    gone(instance)
