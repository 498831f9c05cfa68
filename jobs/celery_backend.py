"""Runs queued jobs in Celery's workers. A message holds a job's number; the row's claim decides whether it is run."""

import logging
from typing import Any

from celery import shared_task, signals
from django.dispatch import receiver

from jobs import executor, worker
from jobs.models import job_queued

log = logging.getLogger("parlour")
_down = False


@shared_task(name="jobs.run", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run(pk: int) -> None:
    """Run this job, if it still waits."""
    worker.run(pk)


def _send(pk: int) -> None:
    """A broker that is away is logged once; a worker's tick sends anew what it did not take."""
    global _down
    try:
        run.apply_async([pk], queue="jobs", retry=False)
    except Exception as error:
        if not _down:
            log.warning("messages for jobs do not go out (%r); jobs wait until a worker looks", error)
        _down = True
    else:
        _down = False


senders = executor.Threads(_send, 1)  # a broker that does not answer holds up nobody


@receiver(job_queued, dispatch_uid="jobs.celery_backend")
def _queued(pk: int, **kwargs: Any) -> None:
    if executor.has_broker():
        senders.put(pk)


@signals.worker_ready.connect
def _find_lost_messages(sender: Any, **kwargs: Any) -> None:
    """A job that waits beside a free worker has lost its message, or gets a second one, which does no harm."""
    from celery.worker import state

    executor.tick(lambda: sender.pool.num_processes - len(state.reserved_requests))


@signals.worker_shutting_down.connect
def _put_back(**kwargs: Any) -> None:
    executor.stop()
