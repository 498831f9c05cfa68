"""Bodies of requests: read to their end before they take a thread, within the room there is."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

from accounts.addresses import neighbourhood

SMALL = 64 * 1024  # bytes; what is no larger always passes
LARGEST_BODY = 1024 * 1024  # bytes of a body that is kept in memory
EACH = 4 * LARGEST_BODY  # bytes that one address may have in memory at once
ALL = 32 * LARGEST_BODY  # bytes that may be in memory at once
SLOWEST = 20  # seconds a body may take; of a larger one each part
DRAINED = 1024**3  # bytes that are read and thrown away, so that a browser comes to see why
DRAINING = 600  # seconds

Receive = Callable[[], Awaitable[Any]]


class Left(Exception):
    """A client that left while it was sending."""


class Unread(Exception):
    """A body that was not taken: an HTTP `status`, a `title` and `words` for the sender, seconds to `wait`."""

    def __init__(self, status: int, title: str, words: str, wait: int = 0) -> None:
        super().__init__(title)
        self.status, self.title, self.words, self.wait = status, title, words, wait


class Incoming:
    """A body on its way in."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        self.receive = receive
        self.ended = False
        self.length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), None)

    async def parts(self) -> AsyncIterator[bytes]:
        """Its bytes as they come. Raises Left, and TimeoutError for a part that takes longer than SLOWEST."""
        while not self.ended:
            async with asyncio.timeout(SLOWEST):
                event = await self.receive()
            self.ended = not event.get("more_body", False)
            if event["type"] == "http.disconnect":
                raise Left
            yield event.get("body", b"")

    async def drain(self) -> None:
        """Reads what is left and keeps none of it: a browser that is cut off while it sends shows no answer."""
        drained = 0
        with contextlib.suppress(Left, TimeoutError):
            async with asyncio.timeout(DRAINING):
                async for part in self.parts():
                    drained += len(part)
                    if drained > DRAINED:
                        return

    @contextlib.asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Raises Unread when what is read in it takes longer, or dawdles; nobody waits for the rest then."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self.ended = True
            words = "The line may be slow or broken. Go back and send it again."
            raise Unread(408, "That took too long to arrive", words) from None


class Gathered:
    """Bodies in memory. One over SMALL counts, until it is answered: towards EACH for its address, and towards ALL."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def taken(self, scope: Any, incoming: Incoming) -> AsyncIterator[BytesIO]:
        """A body as a file. Raises Unread for one that is too large or slow, or finds no room; Left."""
        if (incoming.length or 0) > LARGEST_BODY:
            raise too_large(LARGEST_BODY)
        whose = neighbourhood(scope["client"][0] if scope["client"] else "")
        body, counted = BytesIO(), 0
        try:
            async with incoming.within(SLOWEST):
                async for part in incoming.parts():
                    body.write(part)
                    if body.tell() > SMALL:
                        self.held[whose] += body.tell() - counted
                        counted = body.tell()
                        self._judge(counted, whose)
            yield body
        finally:
            self.held -= Counter({whose: counted})  # drops whoever holds nothing any more

    def _judge(self, size: int, whose: str) -> None:
        if size > LARGEST_BODY:
            raise too_large(LARGEST_BODY)
        if self.held[whose] > EACH or self.held.total() > ALL:
            raise crowded()


def too_large(limit: int) -> Unread:
    """More than `limit` bytes."""
    size = f"{limit // 1024**2} MB"
    return Unread(413, "That is too large to send", f"At most {size} can be taken here. Nothing of it was kept.")


def crowded() -> Unread:
    """No room just now."""
    words = "Go back, wait a few seconds and send it again. Nothing was changed."
    return Unread(503, "Many people are sending just now", words, wait=5)
