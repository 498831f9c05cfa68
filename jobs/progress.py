"""How far a job is: its code reports to a JobContext, and a thread beside each run writes that into the row.

The same thread renews the run's lease, and looks whether the run may go on.
"""

import atexit
import logging
import threading
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from operator import index
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from jobs import transitions
from jobs.models import Job
from parlour import Change, clean

log = logging.getLogger("parlour")
T = TypeVar("T")
WRITE = 0.25  # seconds between two looks at the row, and two writes of progress
TROUBLE = gettext_lazy("Something went wrong on our side. What was done so far is kept; you can try again.")
runs: set["JobContext"] = set()  # of this process
closing = threading.Event()  # the process ends, and nothing is claimed any more


class Failure(Exception):
    """An end without success, for a reason that the job's owner can understand: its words are shown as they are.

    With `again=False` no other try is offered: it would end the same way.
    """

    def __init__(self, words: str, again: bool = True) -> None:
        super().__init__(words)
        self.again = again


class Stop(BaseException):
    """The run must end now: it was cancelled, or the row is not its own any more. Nothing more may be written.

    No Exception, or code that catches those would go on.
    """


class JobContext:
    """One run of a job: `arguments` as `start` was given them, `attempt` from 1, `job` the row as the run began.

    `cancelled` says that the run must end, for code that would rather look than be interrupted.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pk = job.pk
        self.owner = job.owner
        self.attempt = job.attempt
        self.arguments: dict[str, Any] = job.arguments
        self.cancelled = False
        self.unwritten: dict[str, Any] = {}  # the last report, until it is in the row
        self.result = ""  # the words that close it
        self.over = threading.Event()

    def check(self) -> None:
        """End the run if it must end, by an exception; for code with a long way between two reports."""
        if self.cancelled:
            raise Stop

    def report(self, done: int, total: int | None = None, words: str = "") -> None:
        """Say that `done` of `total` is done, as often as you like: pages are told at most four times a second.

        RuntimeError inside a transaction, where it would show what may yet be rolled back: use `advance` there.
        Raises what `check` does, so that the code ends; leave it uncaught.
        """
        if connection.in_atomic_block:
            raise RuntimeError(
                "job.report() was called inside a transaction: it would show what may still be rolled back. Call it "
                "outside, or commit it with the rows: job.advance(change, done, total, words) in a live_write."
            )
        self.check()
        self.unwritten = _progress(done, total, words)

    def advance(self, change: Change, done: int, total: int | None = None, words: str = "") -> None:
        """In a `live_write`, before it writes: this progress is committed with the change, or neither is.

        Raises what `check` does, which rolls it back. RuntimeError outside a transaction.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("job.advance() belongs inside a live_write: it commits progress together with rows.")
        if not Job.objects.of_run(self.job).filter(cancelling=False).update(**_progress(done, total, words)):
            raise Stop
        change.touch(self.job.stream)
        self.unwritten = {}  # what was reported before is older than this

    def track(self, rows: Iterable[T], total: int | None = None, words: str = "") -> Iterator[T]:
        """Yield `rows`, and report each once the loop has dealt with it. `total` is their len() if they have one."""
        if total is None and isinstance(rows, Sized):
            total = len(rows)
        self.report(0, total, words)
        for done, row in enumerate(rows, 1):
            yield row
            self.report(done, total, words)


def _progress(done: int, total: int | None, words: str) -> dict[str, Any]:
    """What the row will say. TypeError for what is no whole number."""
    numbers = {"done": index(done), "total": None if total is None else index(total)}
    return {**numbers, "words": clean(words)[:300], "moved": timezone.now()}


@contextmanager
def running(job: Job) -> Iterator[JobContext]:
    """Around the code of a job, in the language of who started it: writes its progress and its end. Stop ends here."""
    run = JobContext(job)
    runs.add(run)
    threading.Thread(target=_keep, args=[run], daemon=True, name="jobs").start()
    state, again = Job.State.DONE, True
    with translation.override(job.language or settings.LANGUAGE_CODE):
        try:
            yield run
        except Stop:
            state = Job.State.CANCELLED
        except BaseException as why:
            state, again = Job.State.FAILED, getattr(why, "again", True)
            run.result = str(why if isinstance(why, Failure) else TROUBLE)
            raise
        finally:
            run.over.set()
            runs.discard(run)
            transitions.finish(job, state, run.result, again, run.unwritten)


def _keep(run: JobContext) -> None:
    """Until the run is over: write what it reports, hold its lease, and have it stopped when it is to end."""
    failed, due = False, Q(lease__lt=Now() + transitions.LEASE / 2)
    while not run.over.wait(WRITE):
        try:
            row, report = Job.objects.of_run(run.job).annotate(due=due).first(), run.unwritten
            if row is None or row.cancelling:
                run.cancelled = True
            if report or (row and row.due):
                transitions.renew(run.job, report)
            if run.unwritten is report:
                run.unwritten = {}
            failed = False
        except Exception:
            if not failed:
                log.exception("progress of job %s could not be written; it is tried until it can", run.pk)
            failed = True
        close_old_connections()
    connections.close_all()


def close() -> None:
    """The process ends: what can be run again goes back to the queue, and nothing is claimed any more."""
    again = [run for run in list(runs) if run.job.again]
    closing.set()
    for run in again:
        run.cancelled = True
    if again:
        transitions.put_back([run.job for run in again])


atexit.register(close)
