"""What the body of a job is given: how far it is, it says; whether it may go on, it hears."""

import operator
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.utils import timezone

from jobs.models import Job
from parlour import clean

if TYPE_CHECKING:
    from parlour import Change

TICK = timedelta(microseconds=1)
MOST = 2**63 - 1


class Failure(Exception):
    """An end without success, for a reason that the job's owner can understand: its words are shown as they are.

    With `again=False` no other try is offered: it would end the same way.
    """

    def __init__(self, words: str, again: bool = True) -> None:
        super().__init__(words)
        self.again = again


class Stop(BaseException):
    """The run must end now. No Exception, or a body that catches those would go on."""


class Cancelled(Stop):
    """Its owner wants it to end."""


class Lost(Stop):
    """The row is not this run's any more: it was taken over, put back or deleted. Nothing more may be written."""


class Aside(Stop):
    """Others wait: it goes back to the queue, and on from there when its owner's turn comes again."""


class Progress(NamedTuple):
    """How far a run was `moved`, in the row's own names."""

    done: int
    total: int | None
    words: str
    moved: datetime
    first_done: int
    first_moved: datetime

    def fields(self) -> dict[str, Any]:
        """What is written; words are cleaned only then, for most reports are overtaken before."""
        return self._asdict() | {"words": clean(self.words)[:300]}


class Running:
    """One run of a job. `arguments` is what `start` was given; `attempt` counts from 1."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pk = job.pk
        self.attempt = job.attempt
        self.arguments: dict[str, Any] = job.arguments
        self.news: Progress | None = None  # told, and not yet written
        self.first: Progress | None = None
        self.last: datetime | None = None
        self.stop: type[Stop] | None = None  # what the process's heart heard
        self.began = monotonic()
        self.gained = False  # whether it has come further since it began
        self.end: tuple[str, str, bool] | None = None  # what `life.end` could not write yet

    @property
    def owner(self) -> Any:
        return self.job.owner

    def report(self, done: int, total: int | None = None, words: str = "") -> None:
        """Say that `done` of `total` is done, as often as you like: pages are told at most four times a second.

        RuntimeError inside a transaction, where it would show what may yet be rolled back: use `advance` there.
        Raises Cancelled or Lost, so that the body ends; leave them uncaught.
        """
        if connection.in_atomic_block:
            raise RuntimeError(
                "job.report() was called inside a transaction: it would show what may still be rolled back. Call it "
                "outside, or put the progress into the same commit: job.advance(change, done, total, words) in a deed."
            )
        self.check()
        self.news = self._progress(done, total, words)

    def advance(self, change: "Change", done: int, total: int | None = None, words: str = "") -> None:
        """Inside a deed, before it writes: this progress is committed with the deed's change, or neither is.

        Raises Cancelled or Lost, which roll the deed back. RuntimeError outside a transaction.
        """
        from jobs import life

        if not connection.in_atomic_block:
            raise RuntimeError("job.advance() belongs inside a deed: it commits progress together with rows.")
        life.advance(change, self, self._progress(done, total, words))
        self.news = None  # what was reported before is older than this

    def check(self) -> None:
        """Raise Cancelled or Lost if the run must end; for a body with a long way between two reports."""
        if self.stop is not None:
            raise self.stop

    def _progress(self, done: int, total: int | None, words: str) -> Progress:
        now = timezone.now()
        if self.last is not None and now <= self.last:  # two reports stand in one order, whatever the clock does
            now = self.last + TICK
        self.last = now
        done, total = _counted(done), None if total is None else _counted(total)
        self.first = self.first or Progress(done, total, "", now, done, now)
        self.gained = done > self.first.done
        return Progress(done, total, words, now, self.first.done, self.first.moved)


def _counted(number: int) -> int:
    """A number that the row can hold; TypeError for what is none."""
    return min(max(0, operator.index(number)), MOST)
