"""What the code of a job is given: it reports how far it is, and learns whether it may go on."""

import operator
from collections.abc import Iterable, Iterator, Sized
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.utils import timezone

from jobs.models import Job
from parlour import Change, clean

T = TypeVar("T")
LARGEST = 2**63 - 1  # that a row can hold


class Failure(Exception):
    """An end without success, for a reason that the job's owner can understand: its words are shown as they are.

    With `again=False` no other try is offered: it would end the same way.
    """

    def __init__(self, words: str, again: bool = True) -> None:
        super().__init__(words)
        self.again = again


class Stop(BaseException):
    """The run must end now. No Exception, or code that catches those would go on."""


class Cancelled(Stop):
    """Its owner wants it to end."""


class LeaseLost(Stop):
    """The row is not this run's any more: it was taken over, put back or deleted. Nothing more may be written."""


class Progress(NamedTuple):
    """What was reported at `moved`, in the row's own names."""

    done: int
    total: int | None
    words: str
    moved: datetime

    def fields(self) -> dict[str, Any]:
        """What is written; words are cleaned only here, for most reports are overtaken before."""
        return self._asdict() | {"words": clean(self.words)[:300]}


class JobContext:
    """One run of a job: `arguments` as `start` was given them, `attempt` from 1, `job` the row as the run began."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pk = job.pk
        self.owner = job.owner
        self.attempt = job.attempt
        self.arguments: dict[str, Any] = job.arguments
        self.unwritten: Progress | None = None  # the last report, until it is in the row
        self.stop: type[Stop] | None = None
        self.result = ""  # the words that close it
        self._moved = timezone.now()

    @property
    def cancelled(self) -> bool:
        """Whether the run must end: for code that would rather look than be interrupted."""
        return self.stop is not None

    def check(self) -> None:
        """Raise Cancelled or LeaseLost if the run must end; for code with a long way between two reports."""
        if self.stop is not None:
            raise self.stop

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
        self.unwritten = self._progress(done, total, words)

    def advance(self, change: Change, done: int, total: int | None = None, words: str = "") -> None:
        """In a `live_write`, before it writes: this progress is committed with the change, or neither is.

        Raises Cancelled or LeaseLost, which roll it back. RuntimeError outside a transaction.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("job.advance() belongs inside a live_write: it commits progress together with rows.")
        row = Job.objects.owned_by(self).select_for_update().first()
        if row is None:
            raise LeaseLost
        if row.cancelling:
            raise Cancelled
        Job.objects.owned_by(self).update(**self._progress(done, total, words).fields())
        change.touch(self.job.stream)
        self.unwritten = None  # what was reported before is older than this

    def track(self, rows: Iterable[T], total: int | None = None, words: str = "") -> Iterator[T]:
        """Yield `rows`, and report each once the loop has dealt with it. `total` is their len() if they have one."""
        if total is None and isinstance(rows, Sized):
            total = len(rows)
        self.report(0, total, words)
        for done, row in enumerate(rows, 1):
            yield row
            self.report(done, total, words)

    def _progress(self, done: int, total: int | None, words: str) -> Progress:
        self._moved = max(timezone.now(), self._moved + timedelta(microseconds=1))  # in order, whatever the clock does
        return Progress(_counted(done), None if total is None else _counted(total), words, self._moved)


def _counted(number: int) -> int:
    """A number that the row can hold; TypeError for what is none."""
    return min(max(0, operator.index(number)), LARGEST)
