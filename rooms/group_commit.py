"""Group commit: what arrives while a commit runs goes into the next one, so there is no timer and no queue to tune."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from django.db import connection

from parlour import submit

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 128  # items, before a group takes no further submission


class Submission(NamedTuple, Generic[Item, Result]):
    """What was submitted together."""

    items: Sequence[Item]
    future: "Future[list[Result]]"


class GroupCommit(Generic[Item, Result]):
    """Gathers items for `write`, which takes a list of them and returns a list of results in the same order.

    What is submitted together is stored together or not at all: a later text of a page never goes before an earlier
    one that failed. A group that fails is written again, each submission by itself, so that one fails alone.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self.write = write
        self.waiting: deque[Submission[Item, Result]] = deque()
        self.lock = threading.Lock()
        self.running = False

    def submit(self, items: Sequence[Item]) -> "Future[list[Result]]":
        """Take `items` into the next commit, together. The future holds their results, or the error.

        Where no commit runs, this thread does it; what arrives meanwhile is for the engine's threads.
        """
        submission: Submission[Item, Result] = Submission(items, Future())
        if connection.in_atomic_block:
            self._write([submission])
        else:
            with self.lock:
                self.waiting.append(submission)
                start, self.running = not self.running, True
            if start:
                self._commit(self._next())
                if not self._stopped():
                    submit(self._drain)
        return submission.future

    def _drain(self) -> None:
        while not self._stopped():
            self._commit(self._next())

    def _stopped(self) -> bool:
        """Whether nothing waits; then the next submission starts a commit of its own."""
        with self.lock:
            self.running = bool(self.waiting)
            return not self.running

    def _next(self) -> list["Submission[Item, Result]"]:
        group: list[Submission[Item, Result]] = []
        with self.lock:
            while self.waiting and sum(len(each.items) for each in group) < MOST:
                group.append(self.waiting.popleft())
        return group

    def _commit(self, group: list["Submission[Item, Result]"]) -> None:
        wanted = [each for each in group if each.future.running() or each.future.set_running_or_notify_cancel()]
        try:
            self._write(wanted)
        except Exception:
            for each in wanted:  # another process may have stored the same meanwhile: each is tried once more
                try:
                    self._write([each])
                except Exception as error:
                    each.future.set_exception(error)

    def _write(self, group: list["Submission[Item, Result]"]) -> None:
        results = iter(self.write([item for each in group for item in each.items]) if group else ())
        for each in group:
            each.future.set_result(list(islice(results, len(each.items))))
