"""Django's SQLite backend with one queue for transactions: a thread lock inside a file lock beside the database.

SQLite's own lock is polled, so a process that writes in a loop starves every other one. A lock that the
kernel hands on in turn does not.
"""

import fcntl
import os
import threading
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from parlour.sqlite.waiting import taken

_threads: dict[str, threading.Lock] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection, which waits for its turn before it begins to write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: int | None = None
        self._turn: threading.Lock | None = None

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._pass_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._pass_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._pass_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._pass_turn()
            if self._queue is not None:
                os.close(self._queue)
                self._queue = None

    def _take_turn(self) -> None:
        path = str(self.settings_dict["NAME"])
        if self._turn is not None or ":memory:" in path or "mode=memory" in path:
            return
        turn = _threads.setdefault(path, threading.Lock())
        patience = self.settings_dict["OPTIONS"].get("timeout", 5)
        if not turn.acquire(timeout=patience):
            raise OperationalError(f"database is locked: a transaction of this process has lasted over {patience} s")
        try:
            if self._queue is None:
                self._queue = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if not taken(self._queue, patience):
                self._queue = None
                raise OperationalError(f"database is locked: a transaction elsewhere has lasted over {patience} s")
        except BaseException:
            turn.release()
            raise
        self._turn = turn

    def _pass_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        if self._queue is not None:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        turn.release()
