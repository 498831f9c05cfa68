"""What the owner of a job may wish. A wish that does not fit how the job stands by now changes nothing."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from alerts.jobs.models import Job
from alerts.telling import settle
from parlour.changes import Change, deed


@deed
def cancel(change: Change, pk: int) -> bool:
    """Have it end. What waits or stalled ends at once, what runs at its next report."""
    job = _open_to("cancel", pk)
    if job is None:
        return False
    if job.stands == "running":
        job.cancelling = True
    else:
        job.state, job.ended, job.words = Job.State.CANCELLED, timezone.now(), ""
    job.save(update_fields=["cancelling", "state", "ended", "words"])
    change.touch(job.stream)
    return True


@deed
def retry(change: Change, pk: int) -> bool:
    """Queue it again, as the next attempt; what was told of the last one is settled."""
    from alerts.jobs.carriers import hint

    job = _open_to("retry", pk)
    if job is None:
        return False
    job.state, job.attempt, job.queued = Job.State.QUEUED, job.attempt + 1, timezone.now()
    job.cancelling, job.dismissed, job.words, job.ended = False, False, "", None
    job.save(update_fields=["state", "attempt", "queued", "cancelling", "dismissed", "words", "ended"])
    settle(job)
    change.touch(job.stream)
    transaction.on_commit(hint, robust=True)
    return True


@deed
def dismiss(change: Change, pk: int) -> bool:
    """Put a failure out of the way, and what was told of it."""
    job = _open_to("dismiss", pk)
    if job is None:
        return False
    job.dismissed = True
    job.save(update_fields=["dismissed"])
    settle(job)
    change.touch(job.stream)
    return True


def _open_to(wish: str, pk: int) -> Job | None:
    job = Job.objects.select_for_update().filter(pk=pk).first()
    return job if job is not None and wish in job.open_to else None


WISHES: dict[str, Callable[[int], bool]] = {"cancel": cancel, "retry": retry, "dismiss": dismiss}
