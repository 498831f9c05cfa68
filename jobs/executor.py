"""Runs queued jobs in threads of this process, where there is no broker."""

import logging
import sys
from collections.abc import Callable
from queue import Queue
from threading import Lock, Thread
from time import sleep
from typing import Any

from django.conf import settings
from django.db import connections
from django.dispatch import receiver

from jobs import tasks, worker
from jobs.models import job_queued

log = logging.getLogger("parlour")
TICK = 5.0  # seconds between two looks for jobs that nobody here was told of, or that an earlier process left
SWITCH = 0.0005  # seconds until a thread that computes lets others go on; Python's own 5 ms add up in a push to many
SIZE = getattr(settings, "JOB_THREADS", 2)


class Threads:
    """At most `size` threads that call `work(pk)`, begun when there is something to do."""

    def __init__(self, work: Callable[[int], None], size: int) -> None:
        self.work = work
        self.size = size
        self.queue: Queue[int] = Queue()
        self.lock = Lock()
        self.begun = 0

    def put(self, pk: int) -> None:
        """Have a thread do it. Returns at once."""
        self.queue.put(pk)
        with self.lock:
            if self.begun < self.size:
                self.begun += 1
                Thread(target=self._serve, daemon=True, name="jobs").start()

    def join(self, seconds: float) -> bool:
        """Wait until all is done; False if something is not after that time."""
        with self.queue.all_tasks_done:
            return self.queue.all_tasks_done.wait_for(lambda: not self.queue.unfinished_tasks, seconds)

    def _serve(self) -> None:
        while pk := self.queue.get():
            try:
                self.work(pk)
            except Exception:
                log.exception("job %s could not be run; the next look tries again", pk)
            connections.close_all()
            self.queue.task_done()


threads = Threads(worker.run, SIZE)
join = threads.join


def has_broker() -> bool:
    """Whether Celery runs the jobs."""
    return bool(getattr(settings, "CELERY_BROKER_URL", ""))


def start() -> None:
    """A web server starts: without a broker its threads run jobs, also those that an earlier process left."""
    if not has_broker():
        sys.setswitchinterval(SWITCH)
        tick(lambda: SIZE if threads.queue.empty() else 0)


def stop() -> None:
    """The process ends: what runs here goes back to the queue."""
    worker.current.close()


def tick(free: Callable[[], int]) -> None:
    """Every few seconds have as many of the waiting jobs run as `free()` says could begin at once."""

    def look() -> None:
        while not worker.current.closed:
            try:
                for job in tasks.waiting()[: max(0, free())]:
                    job.send_queued()
            except Exception:
                log.exception("a look for waiting jobs failed; the next one follows")
            connections.close_all()
            sleep(TICK)

    Thread(target=look, daemon=True, name="jobs-tick").start()


@receiver(job_queued, dispatch_uid="jobs.executor")
def _queued(pk: int, **kwargs: Any) -> None:
    if not has_broker():
        threads.put(pk)
