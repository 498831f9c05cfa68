"""The life of a job, as those who carry it write it. The rows are the queue.

A run owns its row while the row is running and bears the run's attempt; every write asks for both, so a run whose
job went on without it writes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from alerts.telling import tell
from jobs import tasks
from jobs.models import Job, JobQuerySet
from jobs.running import Cancelled, Lost, Progress, Running
from parlour import Change, Lease, live_write

PATIENCE = 1.0  # seconds


def waiting(kinds: Collection[str]) -> JobQuerySet:
    """What could be taken now of these kinds, the next in turn first."""
    return Job.objects.queued().in_turn(tasks.alone()).filter(kind__in=kinds)


def others_wait(owners: Collection[int]) -> bool:
    """Whether somebody besides these owners has waited longer than it takes a free hand to come."""
    since = timezone.now() - timedelta(seconds=PATIENCE)
    return waiting(tasks.kinds()).filter(queued__lt=since).exclude(owner__in=owners).exists()


def claim(process: str, kinds: Collection[str]) -> Job | None:
    """Take the job that is next in turn, of a kind that is known here. None when nothing waits."""
    while found := waiting(kinds).values_list("pk", "owner").first():
        if job := _taken(process, *found):
            return job
    return None


@live_write
def _taken(change: Change, process: str, pk: int, owner: int) -> Job | None:
    list(get_user_model()._default_manager.select_for_update().filter(pk=owner))  # one claim at a time for each owner
    fresh = {"state": Job.State.RUNNING, "moved": None, "first_moved": None}
    if not Job.objects.filter(pk=pk, state=Job.State.QUEUED).in_turn(tasks.alone()).update(**fresh):
        return None
    job = Job.objects.select_related("owner").get(pk=pk)
    Lease.objects.take(process, [job.seat])
    change.touch(job.stream)
    return job


def _own(running: Running) -> Any:
    """The row, as long as it is this run's."""
    return Job.objects.filter(pk=running.pk, attempt=running.attempt, state=Job.State.RUNNING)


def advance(change: Change, running: Running, progress: Progress) -> None:
    """Write progress into the caller's transaction. Raises Cancelled or Lost."""
    row = _own(running).select_for_update().first()
    if row is None:
        raise Lost
    if row.cancelling:
        raise Cancelled
    _own(running).update(**progress.fields())
    change.touch(running.job.stream)


@live_write
def write(change: Change, news: Sequence[tuple[Running, Progress]]) -> None:
    """Write what several runs reported; what one of them has committed since stands."""
    for running, progress in sorted(news, key=lambda each: each[0].pk):
        late = Q(moved__isnull=True) | Q(moved__lt=progress.moved)
        if _own(running).filter(late).update(**progress.fields()):
            change.touch(running.job.stream)


@live_write
def end(change: Change, process: str, running: Running, state: str, words: str, again: bool = True) -> None:
    """The run is over. Its owner is told, unless it was the owner who ended it, or it goes on later (state queued)."""
    last = running.news.fields() if running.news else {}
    over: dict[str, Any] = {"words": words, "again": again, "ended": timezone.now()}
    if state == Job.State.QUEUED:
        over = {"attempt": running.attempt + 1}
    if not _own(running).update(**last | over | {"state": state}):
        return
    job = running.job
    Lease.objects.give_up(process, [job.seat])
    change.touch(job.stream)
    if state not in (Job.State.CANCELLED, Job.State.QUEUED):
        title = f"{job.title}: {Job.State(state).label.lower()}"
        tell(change, job.owner, job.kind, title, words, job.get_absolute_url(), about=job)


@live_write
def put_back(change: Change, process: str, runs: Collection[Running]) -> None:
    """A process that is told to end gives its jobs back to the queue; whoever is next goes on with them."""
    for running in runs:
        if _own(running).update(state=Job.State.QUEUED, attempt=running.attempt + 1):
            Lease.objects.give_up(process, [running.job.seat])
            change.touch(running.job.stream)
