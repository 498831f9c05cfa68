"""Group commit: what arrives while a commit runs goes into the next one, so there is no timer and no queue to tune."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connection

from parlour import submit

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 128


class GroupCommit(Generic[Item, Result]):
    """Gathers items for `write`, which takes a list of them and returns a list of results in the same order.

    A group that fails is written again one by one, so that one bad item fails alone, and a lone one is tried twice.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self.write = write
        self.waiting: deque[tuple[Item, Future[Result]]] = deque()
        self.lock = threading.Lock()
        self.running = False

    def submit(self, items: Sequence[Item]) -> "list[Future[Result]]":
        """Take `items` into the next commit, together. A future holds its item's result, or its error.

        Where no commit runs, this thread does it; what arrives meanwhile is for the engine's threads.
        """
        pairs: list[tuple[Item, Future[Result]]] = [(item, Future()) for item in items]
        if connection.in_atomic_block:
            self._write(pairs)
        elif pairs:
            with self.lock:
                self.waiting.extend(pairs)
                start, self.running = not self.running, True
            if start:
                self._commit(self._next())
                if not self._stopped():
                    submit(self._drain)
        return [future for _, future in pairs]

    def _drain(self) -> None:
        while not self._stopped():
            self._commit(self._next())

    def _stopped(self) -> bool:
        """Whether nothing waits; then the next item starts a commit of its own."""
        with self.lock:
            self.running = bool(self.waiting)
            return not self.running

    def _next(self) -> list[tuple[Item, "Future[Result]"]]:
        with self.lock:
            return [self.waiting.popleft() for _ in range(min(MOST, len(self.waiting)))]

    def _commit(self, batch: list[tuple[Item, "Future[Result]"]]) -> None:
        wanted = [pair for pair in batch if pair[1].running() or pair[1].set_running_or_notify_cancel()]
        try:
            self._write(wanted)
        except Exception:
            for item, future in wanted:  # another process may have stored the same meanwhile: each is tried once more
                try:
                    self._write([(item, future)])
                except Exception as error:
                    future.set_exception(error)

    def _write(self, pairs: list[tuple[Item, "Future[Result]"]]) -> None:
        results = self.write([item for item, _ in pairs]) if pairs else []
        for (_, future), result in list(zip(pairs, results, strict=True)):
            future.set_result(result)
