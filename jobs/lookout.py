"""A lookout: it finds what waits though its hint was lost, or was left by a process that ended."""

import logging
import threading
from collections.abc import Callable
from time import sleep

from jobs import heart, life, tasks
from parlour.database import with_fresh_connections as tidy

log = logging.getLogger("parlour")
LOOK = 5.0  # seconds between two looks


def waiting() -> int:
    """How many jobs wait that could be carried here."""
    return life.waiting(tasks.kinds()).count()


def post(look: Callable[[], None]) -> None:
    """Have a thread of this process call `look` now and then, until the process ends."""
    threading.Thread(target=_keep, args=[look], daemon=True, name="jobs-lookout").start()


def _keep(look: Callable[[], None]) -> None:
    while not heart.current().closed:
        try:
            tidy(look)
        except Exception:
            log.exception("a look for waiting jobs failed; the next one follows")
        sleep(LOOK)
