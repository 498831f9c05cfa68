"""Waiting for what a row, or an object without an event, comes to say."""

import asyncio

from e2e.support.waiting import eventually as until  # noqa: F401


async def eventually(condition, seconds=10.0):
    """`until` without holding up the loop; TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what it looks at has no event to wait for
            await asyncio.sleep(0.005)
