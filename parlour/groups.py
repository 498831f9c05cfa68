"""Group commit: what arrives while a commit runs goes into the next one, so there is no timer and no queue to tune."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connection

from parlour.database import threads, tidy

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 128


class Group(Generic[Item, Result]):
    """Gathers single items for a verb that takes a list of them and returns a list of results in the same order."""

    def __init__(self, verb: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self.verb = verb
        self.waiting: deque[tuple[Item, Future[Result]]] = deque()
        self.lock = threading.Lock()
        self.running = False

    def submit(self, item: Item) -> "Future[Result]":
        """Take `item` into the next commit; the future holds its result, or the error of it alone."""
        future: Future[Result] = Future()
        if connection.in_atomic_block:
            future.set_result(self.verb([item])[0])
            return future
        with self.lock:
            self.waiting.append((item, future))
            start, self.running = not self.running, True
        if start:
            threads.submit(tidy, self._drain)
        return future

    def _drain(self) -> None:
        while batch := self._next():
            waited_for = [(item, future) for item, future in batch if future.set_running_or_notify_cancel()]
            if waited_for and not self._together(waited_for):
                self._one_by_one(waited_for)

    def _next(self) -> list[tuple[Item, "Future[Result]"]]:
        with self.lock:
            batch = [self.waiting.popleft() for _ in range(min(MOST, len(self.waiting)))]
            self.running = bool(batch)
        return batch

    def _together(self, batch: list[tuple[Item, "Future[Result]"]]) -> bool:
        try:
            results = self.verb([item for item, _ in batch])
        except Exception:
            return False
        if len(results) != len(batch):
            return False
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
        return True

    def _one_by_one(self, batch: list[tuple[Item, "Future[Result]"]]) -> None:
        for item, future in batch:
            try:
                future.set_result(self.verb([item])[0])
            except Exception as error:
                future.set_exception(error)
