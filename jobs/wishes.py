"""What the owner of a job may wish. A wish that does not fit how the job stands by now changes nothing."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from alerts.telling import settle
from jobs.models import Job
from parlour import Change, live_write


@live_write
def grant(change: Change, wish: str, pk: int) -> bool:
    """Do to a job what its owner wishes. False if the job is not open to that, and then nothing is changed."""
    job = Job.objects.select_for_update().filter(pk=pk).first()
    if job is None or wish not in job.open_to:
        return False
    WISHES[wish](job)
    job.save()
    change.touch(job.stream)
    return True


def _cancel(job: Job) -> None:
    """Have it end. What waits or stalled ends at once, what runs at its next report."""
    if job.stands == "running":
        job.cancelling = True
    else:
        job.state, job.ended, job.words = Job.State.CANCELLED, timezone.now(), ""


def _retry(job: Job) -> None:
    """Queue it again, as the next attempt; what was told of the last one is settled."""
    from jobs.carriers import hint

    job.state, job.attempt, job.queued = Job.State.QUEUED, job.attempt + 1, timezone.now()
    job.cancelling, job.dismissed, job.words, job.ended = False, False, "", None
    settle(job)
    transaction.on_commit(hint, robust=True)


def _dismiss(job: Job) -> None:
    """Put a failure out of the way, and what was told of it."""
    job.dismissed = True
    settle(job)


WISHES: dict[str, Callable[[Job], None]] = {"cancel": _cancel, "retry": _retry, "dismiss": _dismiss}
