"""Runs queued jobs in threads of this process, where there is no broker, and finds those that nobody was told of."""

import logging
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from django.dispatch import Signal

from jobs import progress, tasks, transitions
from jobs.models import Job

log = logging.getLogger("parlour")
TICK = 2.0  # seconds between two looks
SWITCH = 0.0005  # seconds until a thread that computes lets others go on; Python's own 5 ms add up in a push to many
SIZE = getattr(settings, "JOB_THREADS", 2)
_free = threading.Semaphore(SIZE)
looked = Signal()  # a process that runs jobs has just looked for some: what is due besides can be begun, on its threads


def put(pk: int, **kwargs: Any) -> None:
    """Run this job in a thread if one is free; else the first that gets free takes it from the rows."""
    if _free.acquire(blocking=False):
        threading.Thread(target=_serve, args=[pk], daemon=True, name="jobs").start()


def _serve(pk: int) -> None:
    try:
        tasks.run(pk)
    except Exception:
        log.exception("job %s could not be run; the next look tries again", pk)
        return
    finally:
        connections.close_all()
        _free.release()
    look(put, lambda: 1)
    connections.close_all()


def look(carry: Callable[[int], None], free: Callable[[], int]) -> None:
    """End the runs that stalled, and have as many of the waiting jobs carried as `free()` says could begin at once."""
    try:
        if Job.objects.stalled().exists():  # looks first: reading takes no turn among the writers
            transitions.mark_stalled()
        for job in tasks.waiting()[: 0 if progress.closing.is_set() else max(0, free())]:
            carry(job.pk)
    except Exception:
        log.exception("a look for waiting jobs failed; the next one follows")


def tick(carry: Callable[[int], None], free: Callable[[], int], runs: bool = True) -> None:
    """Look every few seconds, from a thread; `runs` says whether this process runs jobs itself."""

    def watch() -> None:
        while not progress.closing.wait(TICK):
            look(carry, free)
            if runs:
                looked.send_robust(sender=None)
            close_old_connections()

    threading.Thread(target=watch, daemon=True, name="jobs-tick").start()


def start() -> None:
    """A web server starts: without a broker its threads run jobs, also those that an earlier process left."""
    broker = bool(getattr(settings, "CELERY_BROKER_URL", ""))
    if not broker:
        sys.setswitchinterval(SWITCH)
    tick(put, lambda: 0 if broker else SIZE, runs=not broker)


stop = progress.close


def join(seconds: float) -> bool:
    """Wait until nothing runs here, for tests; False if something still does after that time."""
    end = monotonic() + seconds
    while threads := [each for each in threading.enumerate() if each.name == "jobs"]:
        if monotonic() > end:
            return False
        threads[0].join(0.1)
    return True
