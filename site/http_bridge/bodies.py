"""Bodies of requests: read to their end before they take a thread, within the room there is."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

from parlour.addresses import neighbourhood

SMALL = 64 * 1024  # bytes; what is no larger always passes
LARGEST_BODY = 1024 * 1024  # bytes of a body that is kept in memory
EACH = 4 * LARGEST_BODY  # bytes that one address may have in memory at once
ALL = 32 * LARGEST_BODY  # bytes that may be in memory at once
PACE = 64 * 1024  # bytes a second on average, once GRACE has passed
GRACE = 10  # seconds
DRAINED = 256 * LARGEST_BODY  # bytes that are read and thrown away, so that a browser comes to see why

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
        self.length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        self.chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        self.ended = self.chunked  # nobody reads one
        self.begun, self.came = 0.0, 0

    async def parts(self) -> AsyncIterator[bytes]:
        """Its bytes as they come. Raises Left, and Unread when it falls behind PACE; nobody waits for the rest then."""
        now = asyncio.get_running_loop().time
        self.begun = self.begun or now()
        while not self.ended:
            try:
                async with asyncio.timeout_at(self.begun + GRACE + self.came / PACE):
                    event = await self.receive()
            except TimeoutError:
                self.ended = True
                raise too_slow() from None
            self.ended = not event.get("more_body", False)
            if event["type"] == "http.disconnect":
                raise Left
            self.came += len(event.get("body", b""))
            yield event.get("body", b"")

    async def drain(self) -> None:
        """Reads what is left and keeps none of it: a browser that is cut off while it sends shows no answer."""
        if self.length - self.came > DRAINED:
            return
        with contextlib.suppress(Left, Unread):
            async for _ in self.parts():
                pass


class Gathered:
    """Bodies in memory. One over SMALL counts, until it is answered: towards EACH for its address, and towards ALL."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def taken(self, scope: Any, incoming: Incoming) -> AsyncIterator[BytesIO]:
        """A body as a file. Raises Unread for one that is too large or slow, or finds no room; Left."""
        if incoming.chunked:
            raise in_pieces()
        if incoming.length > LARGEST_BODY:
            raise too_large(LARGEST_BODY)
        whence, body, counted = whose(scope), BytesIO(), 0
        try:
            async for part in incoming.parts():
                body.write(part)
                if body.tell() > SMALL:
                    self.held[whence] += body.tell() - counted
                    counted = body.tell()
                    self._judge(counted, whence)
            yield body
        finally:
            self.held -= Counter({whence: counted})  # drops whoever holds nothing any more

    def _judge(self, size: int, whence: str) -> None:
        if size > LARGEST_BODY:
            raise too_large(LARGEST_BODY)
        if self.held[whence] > EACH or self.held.total() > ALL:
            raise crowded()


def whose(scope: Any) -> str:
    """The neighbourhood of a request's client."""
    return neighbourhood(scope["client"][0] if scope["client"] else "")


def in_pieces() -> Unread:
    """Chunked, which no browser does: a chunk may be a byte, and reading many of them holds up everybody."""
    return Unread(411, "That came without its length", "Send it in one piece, with a Content-Length.")


def too_slow() -> Unread:
    """Behind PACE."""
    words = "The line may be slow or broken. Go back and send it again."
    return Unread(408, "That took too long to arrive", words)


def too_large(limit: int) -> Unread:
    """More than `limit` bytes."""
    size = f"{limit // 1024**2} MB"
    return Unread(413, "That is too large to send", f"At most {size} can be taken here. Nothing of it was kept.")


def crowded() -> Unread:
    """No room just now."""
    words = "Go back, wait a few seconds and send it again. Nothing was changed."
    return Unread(503, "Many people are sending just now", words, wait=5)
