"""Runs queued jobs in Celery's workers. A message holds a job's number; the row's claim decides whether it is run."""

import logging
import threading
from typing import Any

from celery import shared_task, signals

from jobs import runner, tasks

log = logging.getLogger("parlour")
_down = False


@shared_task(name="jobs.run", acks_late=True, ignore_result=True)
def run(pk: int) -> None:
    """Run this job, if it still waits."""
    tasks.run(pk)


def send(pk: int, **kwargs: Any) -> None:
    """Send the message, from a thread: a broker that does not answer holds up nobody."""
    threading.Thread(target=_send, args=[pk], daemon=True, name="jobs").start()


def _send(pk: int) -> None:
    """A broker that is away is logged once; a worker's tick sends anew what it did not take."""
    global _down
    try:
        run.apply_async([pk], queue="jobs", retry=False)
        _down = False
    except Exception as error:
        if not _down:
            log.warning("messages for jobs do not go out (%r); jobs wait until a worker looks", error)
        _down = True


@signals.worker_ready.connect
def _find_lost_messages(sender: Any, **kwargs: Any) -> None:
    """A job that waits beside a free worker has lost its message, or gets a second one, which does no harm."""
    from celery.worker import state

    runner.tick(send, lambda: sender.pool.num_processes - len(state.reserved_requests))


@signals.worker_shutting_down.connect
def _put_back(**kwargs: Any) -> None:
    runner.stop()
