"""Deadlocks are retried once and counted; tests want none."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

log = logging.getLogger("parlour")
T = TypeVar("T")
counts: Counter[str] = Counter()


def retried(attempt: Callable[[], T]) -> T:
    """Do `attempt`, and once more if another transaction stood in its way."""
    try:
        return attempt()
    except OperationalError as error:
        if "deadlock" not in str(error):
            raise
        counts["deadlocks"] += 1
        log.warning("a deadlock was retried", exc_info=error)
        return attempt()
