"""Django's SQLite backend with one queue for transactions: a thread lock inside a file lock beside the database.

SQLite's own lock is polled, so a process that writes in a loop starves every other one. The kernel hands a file
lock on in turn.
"""

import fcntl
import json
import os
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

FEW = 8  # values of a list that stay as they are
_LONG = f" IN (%s{', %s' * FEW}"
_VALUES = re.compile(rf"\bIN \(%s(?:, %s){{{FEW},}}\)|(?<!%)%s")  # a list of more, or one value
_thread_locks: dict[str, threading.Lock] = {}  # by path of the database


@lru_cache(1000)
def _with_question_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


def _with_long_lists(query: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    """The same query, in which each long list of texts or whole numbers is one value, as JSON.

    Else every connection keeps a statement for each number of values; one of a thousand takes 200 KB.
    """
    values, given = iter(params), list[Any]()

    def replaced(match: re.Match[str]) -> str:
        listed = [next(values) for _ in range(match[0].count("%s"))]
        if len(listed) > FEW and {*map(type, listed)} <= {str, int}:
            text = json.dumps(listed, ensure_ascii=False)
            if "\\u0000" not in text:  # there SQLite would end a text
                given.append(text)
                return "IN (SELECT value FROM json_each(%s))"
        given.extend(listed)
        return match[0]

    return _VALUES.sub(replaced, query), given


class Cursor(base.SQLiteCursorWrapper):
    """Remembers short queries as SQLite wants them: to rewrite one takes a fifth of what asking it takes."""

    def execute(self, query: str, params: Any = None) -> Any:
        if _LONG in query and isinstance(params, list | tuple):
            query, params = _with_long_lists(query, params)
        return super().execute(query, params)

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is None and len(query) < 8000:
            return _with_question_marks(query)
        return str(super().convert_query(query, param_names=param_names))


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection, which takes both locks before it begins to write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock_file: int | None = None  # kept open between transactions
        self._thread_lock: threading.Lock | None = None  # while this connection holds it

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        self._acquire()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._release()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._release()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release()
            if self._lock_file is not None:
                os.close(self._lock_file)
                self._lock_file = None

    def _acquire(self) -> None:
        path = str(self.settings_dict["NAME"])
        if self._thread_lock is not None or ":memory:" in path or "mode=memory" in path:
            return
        lock = _thread_locks.setdefault(path, threading.Lock())
        timeout = self.settings_dict["OPTIONS"].get("timeout", 5)
        if not lock.acquire(timeout=timeout):
            raise OperationalError(f"database is locked: a transaction of this process has lasted over {timeout} s")
        try:
            if self._lock_file is None:
                self._lock_file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if not _timed_flock(self._lock_file, timeout):
                self._lock_file = None
                raise OperationalError(f"database is locked: a transaction elsewhere has lasted over {timeout} s")
        except BaseException:
            lock.release()
            raise
        self._thread_lock = lock

    def _release(self) -> None:
        lock, self._thread_lock = self._thread_lock, None
        if lock is None:
            return
        if self._lock_file is not None:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        lock.release()


def _timed_flock(file: int, seconds: float) -> bool:
    """Lock an open file within so many seconds, for which there is no system call.

    False: it was not to be had, and the file must not be used again.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _Waiter(file).wait(seconds)
    return True


class _Waiter(threading.Thread):
    """Waits in the kernel's queue for its caller. A lock that comes too late is released by closing the file."""

    def __init__(self, file: int) -> None:
        super().__init__(daemon=True, name="parlour-flock")
        self.file = file
        self.deciding = threading.Lock()
        self.locked = self.given_up = False

    def run(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)
        with self.deciding:
            self.locked = True
            if self.given_up:
                os.close(self.file)

    def wait(self, seconds: float) -> bool:
        self.start()
        self.join(seconds)
        with self.deciding:
            self.given_up = not self.locked
        return self.locked
