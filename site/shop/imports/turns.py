"""Imports of one process take turns, and rest after each: rooms are written and pages answered beside them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

BESIDE_PAGES = 2.0  # times as long as a turn took it rests, where a web process does the work
AMONG_WORKERS = 0.5  # the same in a process that does nothing else
_turn = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """A piece of work of some hundredths of a second, and the rest after it: what others get of this process.

    So however many imports run here, they are as much of a burden as one.
    """
    with _turn:
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        time.sleep(took * (AMONG_WORKERS if getattr(settings, "CELERY_BROKER_URL", "") else BESIDE_PAGES))
