"""A job: work that somebody waits for. The rows are the queue; `jobs.transitions` changes their state."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from parlour import Change, live_write, revoke


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by owner and state."""

    def of(self, person: Any) -> Self:
        """This person's jobs."""
        return self.filter(owner=person.pk)

    def shown(self) -> Self:
        """What a bell shows: what runs, waits or stalled, and failures that were not dismissed."""
        return self.exclude(state__in=(Job.State.DONE, Job.State.CANCELLED)).filter(dismissed=False)

    def stalled(self) -> Self:
        """Those that should run, while nobody says any more that they do."""
        return self.filter(state=Job.State.RUNNING, lease__lt=timezone.now())

    def of_run(self, job: "Job") -> Self:
        """The row, as long as it belongs to the run that was given `job`: no other run has begun, and it has no end."""
        return self.filter(pk=job.pk, attempt=job.attempt, state__in=(Job.State.RUNNING, Job.State.STALLED))


class Job(models.Model):
    """Work somebody waits for.

    `done` of `total` is its progress, `words` a text beside it; `total` is None while nobody knows it. `moved` is when
    progress was last reported; `first_done` and `first_moved` are from where and when this attempt began, which gives
    its pace. Who runs it says again and again that it is alive until `lease`; a run whose lease is over has stalled.
    `again` is false where another try cannot help.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        QUEUED = "queued", "Waiting"
        STALLED = "stalled", "Stalled"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Done"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    lease = models.DateTimeField(null=True, blank=True)
    cancelling = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)
    again = models.BooleanField(default=True, db_default=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    words = models.CharField(max_length=300, blank=True)
    queued = models.DateTimeField(default=timezone.now)
    moved = models.DateTimeField(null=True, blank=True)
    first_done = models.PositiveBigIntegerField(default=0)
    first_moved = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "queued"], name="parlour_jobs_queue"),
            models.Index(fields=["owner", "state"], name="parlour_jobs_owner"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.url or reverse("parlour_jobs:job", args=[self.pk])

    @property
    def stream(self) -> str:
        """The head that moves when a job of this owner does."""
        return f"jobs.{self.owner_id}"

    @property
    def percent(self) -> int | None:
        """0 to 100, rounded down; None while nobody knows the total."""
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def actions(self) -> tuple[str, ...]:
        """What its owner may do with it now: "cancel", "retry", "dismiss"."""
        return {
            "queued": ("cancel",),
            "running": ("cancel",) * (not self.cancelling),
            "stalled": ("retry",) * self.again + ("cancel",),
            "failed": ("retry",) * self.again + ("dismiss",) * (not self.dismissed),
            "cancelled": ("retry",) * self.again,
        }.get(self.state, ())


@receiver(post_delete, sender=Job, dispatch_uid="jobs.deleted")
@live_write
def _deleted(change: Change, instance: Job, **kwargs: Any) -> None:
    """Bells that show the job are told, and pages of it close. Its alerts are deleted by `alerts`."""
    change.touch(instance.stream)
    revoke(instance.owner_id)
