"""Waiting for what a row, or an object without an event, comes to say."""

import asyncio
import time


def until(condition, seconds=10.0):
    """Look until `condition()` holds; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


async def eventually(condition, seconds=10.0):
    """The same without holding up the loop; TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what it looks at has no event to wait for
            await asyncio.sleep(0.005)
