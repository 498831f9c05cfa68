"""What follows from the deletion of a job. Its alerts are deleted by `alerts`, as those of any row."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from jobs.models import Job
from parlour import Change, live_write, revoke


@receiver(post_delete, sender=Job, dispatch_uid="jobs.deleted")
@live_write
def deleted(change: Change, instance: Job, **kwargs: Any) -> None:
    """A job was deleted, perhaps in the admin: bells that show it are told, and pages of it close."""
    change.touch(instance.stream)
    revoke(instance.owner_id)
