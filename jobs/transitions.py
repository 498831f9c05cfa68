"""The transitions of jobs. Each is written only while the row is in the state from which it leads.

A run owns its row while that has the run's attempt, so a run whose job went on without it writes nothing.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.dispatch import Signal
from django.utils import timezone, translation

from alerts import add_alert, resolve
from alerts.notifications import checked_url
from jobs.models import Job, JobQuerySet
from parlour import Change, clean, live_write

LEASE = timedelta(seconds=10)  # for which a run is believed to be alive, by the database's clock
State = Job.State
job_queued = Signal()  # `pk` may be run; sent once the row is committed


def _send_queued(pk: int) -> None:
    transaction.on_commit(partial(job_queued.send, sender=Job, pk=pk), robust=True)


@live_write
def add(change: Change, title: str, url: str, begun: bool = False, **fields: Any) -> Job:
    """Add a job to the queue, or one that has `begun` here and could be run again by nobody.

    ValueError without a title, and for an address that is nobody's.
    """
    if not (title := clean(title)[:200]):
        raise ValueError("A job needs a title.")
    if begun:
        fields |= {"state": State.RUNNING, "again": False, "first_moved": timezone.now(), "lease": Now() + LEASE}
    fields["language"] = translation.get_language() or ""
    job = Job.objects.create(title=title, url=checked_url(url), **fields)
    change.touch(job.stream)
    if not begun:
        _send_queued(job.pk)
    return job


@live_write
def claim(change: Change, waiting: JobQuerySet, pk: int) -> Job | None:
    """Take this job out of what is `waiting`; None if somebody else was faster. One claim at a time an owner."""
    get_user_model()._default_manager.select_for_update(no_key=True, of=("self",)).filter(parlour_jobs=pk).first()
    start = {"lease": Now() + LEASE, "moved": None, "first_done": F("done"), "first_moved": timezone.now()}
    if not waiting.filter(pk=pk).update(state=State.RUNNING, **start):
        return None
    job = Job.objects.select_related("owner").get(pk=pk)
    change.touch(job.stream)
    return job


@live_write
def renew(change: Change, job: Job, report: dict[str, Any]) -> None:
    """A run is alive, and has come so far; what it has committed since the report stays."""
    row = Job.objects.of_run(job)
    if report:
        row.filter(Q(moved=None) | Q(moved__lt=report["moved"])).update(**report)
    if row.update(state=State.RUNNING, lease=Now() + LEASE):
        change.touch(job.stream)


@live_write
def finish(change: Change, job: Job, state: State, words: str, again: bool, report: dict[str, Any]) -> None:
    """A run is over. Its owner is told, unless they ended it; what ended because its process did is not cancelled."""
    end = {"state": state, "words": words[:300], "again": again and job.again, "ended": timezone.now()}
    row = Job.objects.of_run(job)
    if (row.filter(cancelling=True) if state == State.CANCELLED else row).update(**report | end):
        change.touch(job.stream)
        if state != State.CANCELLED:
            title = f"{job.title}: {str(state.label).lower()}"
            add_alert(change, job.owner, job.kind, title, words, job.get_absolute_url(), about=job)


@live_write
def put_back(change: Change, jobs: Collection[Job]) -> None:
    """The process ends: its jobs go back to the queue, and whoever runs them next goes on with them."""
    for job in jobs:
        if Job.objects.of_run(job).update(state=State.QUEUED, attempt=job.attempt + 1):
            change.touch(job.stream)
            _send_queued(job.pk)


@live_write
def mark_stalled(change: Change) -> None:
    """Nobody works on these jobs any more: their owners see it, and can retry."""
    jobs = list(Job.objects.stalled())  # asked once: the owner of one that stalls in between is not told
    Job.objects.stalled().filter(pk__in=[job.pk for job in jobs]).update(state=State.STALLED)
    change.touch(*{job.stream for job in jobs})


@live_write
def act(change: Change, action: str, pk: int) -> bool:
    """Do to a job what its owner asks for. False, and nothing is changed, if that is none of its `actions`."""
    job = Job.objects.select_for_update().filter(pk=pk).first()
    if job is None or action not in job.actions:
        return False
    if action == "cancel" and job.state == State.RUNNING:
        job.cancelling = True  # it ends at its next report
    elif action == "cancel":
        job.state, job.ended, job.words = State.CANCELLED, timezone.now(), ""
    elif action == "retry":
        job.state, job.attempt, job.queued = State.QUEUED, job.attempt + 1, timezone.now()
        job.cancelling, job.dismissed, job.words, job.ended = False, False, "", None
        _send_queued(pk)
    else:
        job.dismissed = True
    job.save()
    change.touch(job.stream)
    if action != "cancel":
        resolve(job)
    return True
