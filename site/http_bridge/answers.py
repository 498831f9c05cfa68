"""Answers of a WSGI application: made whole on a thread of the pool, then sent as fast as their client reads.

So a client that reads slowly holds no thread, and no more memory than IN_MEMORY: the rest of a long answer is in
a file without a name. One that leaves stops what is made for it.
"""

import asyncio
import contextlib
import contextvars
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import IO, Any

from a2wsgi.wsgi import build_environ
from django.conf import settings

from http_bridge.bodies import Left, Receive
from http_bridge.uploads import disk_full, room

IN_MEMORY = 1024 * 1024  # bytes
PIECE = 128 * 1024  # bytes that are sent at a time

Send = Callable[[Any], Awaitable[None]]


class Answer:
    """What a WSGI application says to a request."""

    def __init__(self) -> None:
        self.left = Event()  # its client
        self.start: dict[str, Any] = {}
        self.file = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(settings.UPLOADS))  # noqa: SIM115  kept beyond

    def make(self, wsgi: Any, environ: dict[str, Any]) -> None:
        """Runs on a thread. Raises Left, and Unread when the disk has no room for it."""
        parts = wsgi(environ, self._begin)
        try:
            for part in parts:
                self._keep(part)
        finally:
            getattr(parts, "close", lambda: None)()

    async def send(self, send: Send) -> None:
        """Sends it all, one piece after the other has been taken."""
        size = self.file.tell()
        self.file.seek(0)
        await send(self.start)
        while self.file.tell() < size - PIECE:
            await send({"type": "http.response.body", "body": await self._next(size), "more_body": True})
        await send({"type": "http.response.body", "body": await self._next(size)})

    def _begin(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        coded = [(name.strip().encode("latin1").lower(), value.strip().encode("latin1")) for name, value in headers]
        self.start = {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": coded}
        return self._keep

    def _keep(self, part: bytes) -> None:
        if self.left.is_set():
            raise Left
        if self.file.tell() + len(part) > IN_MEMORY and room() < len(part):
            raise disk_full()
        self.file.write(part)

    async def _next(self, size: int) -> bytes:
        return await asyncio.to_thread(self.file.read, PIECE) if size > IN_MEMORY else self.file.read(PIECE)


class Threads:
    """A WSGI application on a pool of threads."""

    def __init__(self, wsgi: Any, workers: int) -> None:
        self.wsgi = wsgi
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="WSGI")

    async def answer(self, scope: Any, body: IO[bytes], receive: Receive | None, send: Send) -> None:
        """Answers a request whose body has been read; `receive` tells when its client leaves. Raises as `make`."""
        environ: dict[str, Any] = build_environ(scope, body)  # type: ignore[arg-type, assignment]
        environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
        body.seek(0)
        answer = Answer()
        try:
            async with _watched(receive, answer.left):
                make = contextvars.copy_context().run
                await asyncio.get_running_loop().run_in_executor(self.pool, make, answer.make, self.wsgi, environ)
            await answer.send(send)
        finally:
            answer.file.close()


@contextlib.asynccontextmanager
async def _watched(receive: Receive | None, left: Event) -> AsyncIterator[None]:
    watch = asyncio.create_task(_gone(receive, left)) if receive else None
    try:
        yield
    except asyncio.CancelledError:
        left.set()
        raise
    finally:
        if watch:
            watch.cancel()


async def _gone(receive: Receive, left: Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()
