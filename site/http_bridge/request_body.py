"""Request bodies, read to their end before they take a thread: limited in bytes, in time and by the disk."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Any

from django.conf import settings

RESERVE = 256 * 1024**2  # bytes of the disk that stay free for the database, logs and whatever else must be written
IN_MEMORY = 64 * 1024  # bytes; what is longer goes to a file without a name
GRACE = 10  # seconds that any body may take,
PACE = 64 * 1024  # and another second for each of these bytes
MOST_DISCARDED = 256 * 1024**2  # bytes

Receive = Callable[[], Awaitable[Any]]


class ClientGone(Exception):
    """The client disconnected before its body was complete."""


class BodyRejected(Exception):
    """Why a body is not taken: an HTTP `status`, and for 413 the `limit` in bytes."""

    def __init__(self, status: int, limit: int = 0) -> None:
        super().__init__(status)
        self.status, self.limit = status, limit


class SpooledFile(tempfile.SpooledTemporaryFile[bytes]):
    """A temporary file that leaves the reserve of the disk alone: `write` raises BodyRejected instead."""

    def __init__(self) -> None:
        super().__init__(IN_MEMORY, dir=str(settings.UPLOADS))

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > IN_MEMORY and writable_bytes() < len(data):
            raise BodyRejected(507)
        return super().write(data)


def writable_bytes() -> int:
    """How many bytes may still be written to the disk of the uploads; zero or less when only the reserve is left."""
    return shutil.disk_usage(settings.UPLOADS).free - RESERVE


class RequestBody:
    """The body of one request, which may still be on its way; `length` is None when the client does not tell it."""

    def __init__(self, scope: Any, receive: Receive) -> None:
        self.receive = receive
        headers = dict(scope["headers"])
        self.length = None if b"transfer-encoding" in headers else int(headers.get(b"content-length", 0))
        self.deadline = asyncio.get_running_loop().time() + GRACE
        self.received, self.complete = 0, self.length is None

    async def read(self, file: IO[bytes]) -> None:
        """Write it to `file`. Raises BodyRejected, ClientGone."""
        while not self.complete:
            chunk = await self._next()
            if self.received > IN_MEMORY:
                await asyncio.to_thread(file.write, chunk)
            else:
                file.write(chunk)

    async def discard(self) -> None:
        """Read the rest and keep nothing: a browser shows no response while it still sends."""
        with contextlib.suppress(BodyRejected, ClientGone):
            while not self.complete and (self.length or 0) <= MOST_DISCARDED:
                await self._next()

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout_at(self.deadline + self.received / PACE):
                event = await self.receive()
        except TimeoutError:
            self.complete = True  # nobody waits for the rest
            raise BodyRejected(408) from None
        if event["type"] == "http.disconnect":
            raise ClientGone
        self.complete, chunk = not event.get("more_body", False), event.get("body", b"")
        self.received += len(chunk)
        return chunk
