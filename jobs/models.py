"""A job and its transitions. The rows are the queue; who runs one holds a lease.

A run owns its row while the row is running and has the run's attempt; every write asks for both, so a run whose job
went on without it writes nothing.
"""

from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Concat
from django.db.models.signals import post_delete
from django.dispatch import Signal, receiver
from django.urls import reverse
from django.utils import timezone

from alerts.notifications import add_alert, checked_url, resolve
from parlour import Change, Lease, clean, live_write, revoke

if TYPE_CHECKING:
    from jobs.context import JobContext, Progress

T = TypeVar("T")
job_queued = Signal()  # `pk` may be run; sent once the row is committed


def head(owner: object) -> str:
    """The head of one person's jobs, and the name of the leases of those that run."""
    return f"jobs.{owner}"


def _live(method: Callable[..., T]) -> Callable[..., T]:
    """`live_write` for a method, which is given the change after `self`."""

    @wraps(method)
    def written(self: Any, *args: Any, **kwargs: Any) -> T:
        return live_write(lambda change: method(self, change, *args, **kwargs))()

    return written


def _is_alive() -> Exists:
    owner, pk, attempt = (Cast(OuterRef(name), CharField()) for name in ("owner", "pk", "attempt"))
    name, holder = Concat(Value("jobs."), owner), Concat(Value("job."), pk, Value("."), attempt)
    return Exists(Lease.objects.filter(name=name, holder=holder, expires__gt=timezone.now()))


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by owner and state, and the only writers of their state."""

    def of(self, person: Any) -> Self:
        """This person's jobs, with `alive`."""
        return self.filter(owner=person.pk).with_alive()

    def with_alive(self) -> Self:
        """Annotates `alive`: whether a process holds the lease that says it works on the job."""
        return self.annotate(alive=_is_alive())

    def waiting(self, kinds: Collection[str], exclusive: Collection[str]) -> Self:
        """What can be run now of these kinds, the longest waiting first; of an exclusive kind one for each owner."""
        alike = Job.objects.filter(owner=OuterRef("owner"), kind=OuterRef("kind"))
        first = Q(_is_alive(), state=Job.State.RUNNING) | Q(state=Job.State.QUEUED, queued__lt=OuterRef("queued"))
        queued = self.filter(state=Job.State.QUEUED, kind__in=kinds)
        return queued.exclude(Exists(alike.filter(first)), kind__in=exclusive).order_by("queued", "pk")

    def shown(self) -> Self:
        """What a bell shows, with `alive`: what runs, waits, stalled, and failures that were not dismissed."""
        failed = Q(state=Job.State.FAILED, dismissed=False)
        rank = Case(
            When(state=Job.State.RUNNING, alive=True, then=0),
            When(state=Job.State.QUEUED, then=1),
            When(state=Job.State.RUNNING, then=2),
            default=3,
        )
        shown = self.with_alive().filter(Q(state__in=(Job.State.QUEUED, Job.State.RUNNING)) | failed)
        return shown.order_by(rank, "queued", "pk")

    def owned_by(self, run: "JobContext") -> Self:
        """The row of this run, as long as it is its own."""
        return self.filter(pk=run.pk, attempt=run.attempt, state=Job.State.RUNNING)

    def _added(self, title: str, url: str, **fields: Any) -> "Job":
        title = clean(title)[:200]
        if not title:
            raise ValueError("A job needs a title.")
        return self.create(title=title, url=checked_url(url), **fields)

    @_live
    def claim(self, change: Change, process: str, pk: int) -> "Job | None":
        """Take this job out of what is `waiting`; None if somebody else was faster. One claim at a time an owner."""
        owner = Job.objects.filter(pk=pk).values("owner")
        list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk__in=owner))
        start = {"moved": None, "first_done": F("done"), "first_moved": timezone.now()}
        if not self.filter(pk=pk).update(state=Job.State.RUNNING, **start):
            return None
        job = Job.objects.select_related("owner").get(pk=pk)
        Lease.objects.take(process, [job.lease])
        change.touch(job.stream)
        return job

    @_live
    def enqueue(self, change: Change, **fields: Any) -> "Job":
        """Add a job to the queue. ValueError without a title, and for an address that is nobody's."""
        job = self._added(**fields)
        change.touch(job.stream)
        job.send_queued()
        return job

    @_live
    def begin(self, change: Change, process: str, **fields: Any) -> "Job":
        """Add a job that runs already, in this process, and that nothing else could run again."""
        job = self._added(state=Job.State.RUNNING, again=False, first_moved=timezone.now(), **fields)
        Lease.objects.take(process, [job.lease])
        change.touch(job.stream)
        return job

    @_live
    def write_progress(self, change: Change, reports: "Collection[tuple[JobContext, Progress]]") -> None:
        """Write what several runs reported; what one of them has committed since stays."""
        for run, progress in sorted(reports, key=lambda each: each[0].pk):
            late = Q(moved__isnull=True) | Q(moved__lt=progress.moved)
            if self.owned_by(run).filter(late).update(**progress.fields()):
                change.touch(run.job.stream)

    @_live
    def finish(self, change: Change, process: str, run: "JobContext", state: str, again: bool) -> None:
        """The run is over, in this state, or in none if it lost its job. Its owner is told unless they ended it."""
        job, last = run.job, run.unwritten.fields() if run.unwritten else {}
        Lease.objects.give_up(process, [job.lease])
        over = {"state": state, "words": run.result[:300], "again": again and job.again, "ended": timezone.now()}
        if not state or not self.owned_by(run).update(**last | over):
            return
        change.touch(job.stream)
        if state != Job.State.CANCELLED:
            title = f"{job.title}: {Job.State(state).label.lower()}"
            add_alert(change, job.owner, job.kind, title, run.result, job.get_absolute_url(), about=job)

    @_live
    def put_back(self, change: Change, process: str, runs: "Collection[JobContext]") -> None:
        """The process ends: its jobs go back to the queue, and whoever runs them next goes on with them."""
        for run in runs:
            if self.owned_by(run).update(state=Job.State.QUEUED, attempt=run.attempt + 1):
                Lease.objects.give_up(process, [run.job.lease])
                change.touch(run.job.stream)
                run.job.send_queued()

    @_live
    def act(self, change: Change, action: str, pk: int) -> bool:
        """Do to a job what its owner asks for. False, and nothing is changed, if that is none of its `actions`."""
        job = self.select_for_update().filter(pk=pk).first()
        if job is None or action not in job.actions:
            return False
        getattr(job, f"_{action}")()
        job.save()
        change.touch(job.stream)
        return True


class Job(models.Model):
    """Work somebody waits for.

    `done` of `total` is its progress, `words` a text beside it; `total` is None while nobody knows it. `moved` is when
    progress was last reported; `first_done` and `first_moved` are from where and when this attempt began, which gives
    its pace. `again` is false where another try cannot help.
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
    def lease(self) -> tuple[str, str]:
        """Name and holder of the lease that a process holds while it runs this attempt."""
        return self.stream, f"job.{self.pk}.{self.attempt}"

    @property
    def status(self) -> str:
        """The state, or "stalled" for a run whose process is gone."""
        if self.state != self.State.RUNNING:
            return self.state
        alive = getattr(self, "alive", None)
        if alive is None:
            name, holder = self.lease
            alive = Lease.objects.living(name).filter(holder=holder).exists()
        return "running" if alive else "stalled"

    @property
    def actions(self) -> tuple[str, ...]:
        """What its owner may do with it now: "cancel", "retry", "dismiss"."""
        return {
            "queued": ("cancel",),
            "running": ("cancel",) * (not self.cancelling),
            "stalled": ("retry",) * self.again + ("cancel",),
            "failed": ("retry",) * self.again + ("dismiss",) * (not self.dismissed),
            "cancelled": ("retry",) * self.again,
        }.get(self.status, ())

    def send_queued(self) -> None:
        """Have it run after the commit."""
        transaction.on_commit(partial(job_queued.send_robust, sender=Job, pk=self.pk), robust=True)

    def _cancel(self) -> None:
        """What waits or stalled ends at once, what runs at its next report."""
        if self.status == "running":
            self.cancelling = True
        else:
            self.state, self.ended, self.words = self.State.CANCELLED, timezone.now(), ""

    def _retry(self) -> None:
        self.state, self.attempt, self.queued = self.State.QUEUED, self.attempt + 1, timezone.now()
        self.cancelling, self.dismissed, self.words, self.ended = False, False, "", None
        resolve(self)
        self.send_queued()

    def _dismiss(self) -> None:
        self.dismissed = True
        resolve(self)


@receiver(post_delete, sender=Job, dispatch_uid="jobs.deleted")
@live_write
def _deleted(change: Change, instance: Job, **kwargs: Any) -> None:
    """Bells that show the job are told, and pages of it close. Its alerts are deleted by `alerts`."""
    change.touch(instance.stream)
    revoke(instance.owner_id)
