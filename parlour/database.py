"""The one place where asynchronous code uses the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections
from django.urls import set_script_prefix
from django.utils import translation

from parlour.conf import conf

T = TypeVar("T")
log_source: ContextVar[str] = ContextVar("log_source", default="")
"""What the running code works for, so that a log line can say so; it follows a socket onto the database threads.

A kind and an id, such as "socket 5f2c81d0", "request …" or "job 12"; "" for what the engine does for all.
"""


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of our own: with Channels' single shared thread one slow query would hold up every socket.

    Addresses that are made on them begin with FORCE_SCRIPT_NAME, as Django's own do.
    """
    prefix = settings.FORCE_SCRIPT_NAME or "/"
    return ThreadPoolExecutor(conf.THREADS, "parlour", initializer=set_script_prefix, initargs=(prefix,))


def submit(work: Callable[..., T], *args: Any) -> "Future[T]":
    """Run `work(*args)`, which may use the ORM, on one of the engine's threads and in the caller's language.

    Connections live as long as CONN_MAX_AGE says: SQLite's stay open with their thread, PostgreSQL's return to the
    pool after each piece of work.
    """
    return _threads().submit(_as_the_caller, translation.get_language(), log_source.get(), work, *args)


def run(work: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
    """The same for asynchronous code, which awaits the result."""
    return asyncio.wrap_future(submit(work, *args))


def _as_the_caller(language: str, source: str, work: Callable[..., T], *args: Any) -> T:
    log_source.set(source)
    close_old_connections()
    try:
        with translation.override(language):
            return work(*args)
    finally:
        close_old_connections()
