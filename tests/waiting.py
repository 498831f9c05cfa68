"""Waiting for what a row comes to say."""

import time


def until(condition, seconds=10.0):
    """Look until `condition()` holds; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
