"""A job: the row that is its place in the queue, its progress and its end."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, Exists, F, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone

from parlour import Lease


def head(owner: object) -> str:
    """Head of one person's jobs, and the place in which those that run hold their leases."""
    return f"jobs.{owner}"


def _is_alive() -> Exists:
    owner, pk, attempt = (Cast(OuterRef(name), CharField()) for name in ("owner", "pk", "attempt"))
    place, holder = Concat(Value("jobs."), owner), Concat(Value("job."), pk, Value("."), attempt)
    return Exists(Lease.objects.filter(name=place, holder=holder, expires__gt=timezone.now()))


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs, by whose they are and how they stand."""

    def of(self, person: Any) -> Self:
        """This person's jobs, each knowing whether it is `alive`."""
        return self.filter(owner=person.pk).with_life()

    def with_life(self) -> Self:
        """`alive`: whether a process holds the lease that says it is being worked on."""
        return self.annotate(alive=_is_alive())

    def queued(self) -> Self:
        """What waits. These rows are the queue.

        Owners take turns: who has nothing running comes first, then who was served longest ago. Of one owner's jobs
        the longest waiting comes first.
        """
        theirs = Job.objects.filter(owner=OuterRef("owner")).order_by().values("owner")
        served = Subquery(theirs.annotate(last=Max(Coalesce("moved", "ended"))).values("last"))
        busy = Exists(theirs.filter(_is_alive(), state=Job.State.RUNNING))
        turns = self.filter(state=Job.State.QUEUED).annotate(busy=busy, served=served)
        return turns.order_by("busy", F("served").asc(nulls_first=True), "queued", "pk")

    def in_turn(self, alone: Collection[str]) -> Self:
        """Without what waits for another of its owner's: of each kind in `alone` one runs at a time."""
        others = Job.objects.filter(owner=OuterRef("owner"), kind=OuterRef("kind"), state=Job.State.RUNNING)
        return self.exclude(Exists(others.filter(_is_alive())), kind__in=alone)

    def shown(self) -> Self:
        """What a bell shows, with its life: what runs, what waits, what stalled, and failures not dealt with yet."""
        failed = models.Q(state=Job.State.FAILED, dismissed=False)
        place = Case(
            When(state=Job.State.RUNNING, alive=True, then=0),
            When(state=Job.State.QUEUED, then=1),
            When(state=Job.State.RUNNING, then=2),
            default=3,
        )
        shown = self.with_life().filter(models.Q(state__in=(Job.State.QUEUED, Job.State.RUNNING)) | failed)
        return shown.order_by(place, "queued", "pk")


class Job(models.Model):
    """Work somebody waits for. A run of it owns the row only while `attempt` is its own and the state is running.

    `total` is None while nobody knows it. `moved` is when the progress was last told; `first_done` and `first_moved`
    are where and when this attempt began to move, which gives its pace. `again` is false where another try cannot help.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
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
            models.Index(fields=["state", "queued"], name="jobs_queue"),
            models.Index(fields=["owner", "state"], name="jobs_owner"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.url or reverse("jobs:job", args=[self.pk])

    @property
    def stream(self) -> str:
        """The head that moves when this job does."""
        return head(self.owner_id)

    @property
    def seat(self) -> tuple[str, str]:
        """What a process holds while it works on this attempt."""
        return self.stream, f"job.{self.pk}.{self.attempt}"

    @property
    def stands(self) -> str:
        """The state, or "stalled" for a run that nobody is alive to go on with."""
        if self.state != self.State.RUNNING:
            return self.state
        alive = getattr(self, "alive", None)
        if alive is None:
            name, holder = self.seat
            alive = Lease.objects.living(name).filter(holder=holder).exists()
        return "running" if alive else "stalled"

    @property
    def open_to(self) -> tuple[str, ...]:
        """What its owner may do with it as it stands: "cancel", "retry", "dismiss"."""
        if self.stands == "running" and self.cancelling:
            return ()
        return {
            "queued": ("cancel",),
            "running": ("cancel",),
            "stalled": ("retry", "cancel"),
            "failed": ("retry",) * self.again + ("dismiss",) * (not self.dismissed),
            "cancelled": ("retry",),
        }.get(self.stands, ())
