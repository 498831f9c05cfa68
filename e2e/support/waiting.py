"""Waiting for something that can be seen, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def pause(seconds: float) -> None:
    """Let `seconds` pass. Only for fault scripts (a connection is cut for 2 s), never in hope."""
    threading.Event().wait(seconds)


def eventually(look: Callable[[], Seen], within: float = 10.0, what: str = "") -> Seen:
    """Call `look` until it returns something true, and return that; `within` is in seconds.

    An AssertionError of `look` counts as "not yet". Raises AssertionError with what was last seen.
    """
    deadline, gap = time.monotonic() + within, 0.02
    last: object = None
    while True:
        try:
            seen = look()
            if seen:
                return seen
            last = seen
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or 'not seen'} within {within} s; last: {last}")
        pause(gap)
        gap = min(gap * 1.5, 0.1)


def holds(look: Callable[[], object], during: float, what: str = "") -> None:
    """Watch for `during` seconds that `look` stays true: how a story says that something does not happen."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        assert look(), f"{what or 'it'} held only until {deadline - time.monotonic():.1f} s before the end"
        pause(0.1)
