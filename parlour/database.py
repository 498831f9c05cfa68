"""The one place where asynchronous code meets the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import close_old_connections

from parlour.conf import conf

T = TypeVar("T")

# Threads of our own: Channels' single shared thread would let one slow query hold every socket.
threads = ThreadPoolExecutor(conf.THREADS, thread_name_prefix="parlour")


async def run(work: Callable[..., T], *args: Any) -> T:
    """Run `work(*args)`, which may use the ORM, on one of the engine's threads and return what it returns.

    Connections live as long as CONN_MAX_AGE says: SQLite's stay open with their thread, PostgreSQL's go
    back to the pool after each piece of work.
    """
    return await asyncio.get_running_loop().run_in_executor(threads, tidy, work, *args)


def tidy(work: Callable[..., T], *args: Any) -> T:
    """Do `work` with connections that are neither too old nor left behind."""
    close_old_connections()
    try:
        return work(*args)
    finally:
        close_old_connections()
