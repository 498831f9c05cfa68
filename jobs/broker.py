"""Celery as the carrier: a message is a hint, its task carries jobs until none waits.

Imported where there is a broker, and by its workers.
"""

import logging
from typing import Any

from celery import shared_task, signals

from jobs import heart, lookout
from jobs.crew import Crew

log = logging.getLogger("parlour")
_down = False


@shared_task(name="jobs.carry", ignore_result=True)
def carry() -> None:
    """Carry what waits."""
    from jobs import carriers

    carriers.carry()


def _send() -> None:
    """A broker that is away is logged once; the workers look for themselves as soon as they are back."""
    global _down
    try:
        carry.apply_async(retry=False)
    except Exception as error:
        if not _down:
            log.warning("hints for jobs do not go out (%r); jobs wait until a worker looks", error)
        _down = True
    else:
        if _down:
            log.warning("hints for jobs go out again")
        _down = False


_senders = Crew(_send, 1)
hint, rest = _senders.hint, _senders.rest


@signals.worker_ready.connect
def _look_out(sender: Any, **kwargs: Any) -> None:
    lookout.post(lambda: _send_again(sender))


def _send_again(worker: Any) -> None:
    """As many hints as the worker has hands free: more would pile up while all of them are busy."""
    from celery.worker import state

    free = worker.pool.num_processes - len(state.reserved_requests)
    for _ in range(min(free, lookout.waiting())):
        hint()


@signals.worker_shutting_down.connect
def _close(**kwargs: Any) -> None:
    heart.current().close()
