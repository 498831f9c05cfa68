"""Django's WSGI handler on a fixed pool of threads, behind ASGI: a fraction of the cost of its ASGI handler.

Slow clients hold no thread: a body is read to its end before it takes one, in a temporary file when it is long, and a
response leaves its thread whole, or piece by piece if it is a streaming one: the next is made when the one before was
sent. Bodies are limited in bytes, in time and by the disk; deploy/nginx.conf does the rest.
"""

import asyncio
import contextlib
import contextvars
import random
import re
import shutil
import string
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote

from a2wsgi.wsgi import build_environ
from django.conf import settings

from parlour import log_source

RESERVE = 256 * 1024**2  # bytes of the disk that stay free for the database, logs and whatever else must be written
IN_MEMORY = 64 * 1024  # bytes of a body; what is longer goes to a file without a name
GRACE = 10  # seconds that any body may take,
PACE = 64 * 1024  # and another second for each of these bytes
MOST_DISCARDED = 256 * 1024**2  # bytes of a rejected body
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # what may stand in our log lines
CHARSET = re.compile(rb"(?i);\s*charset\s*=[^;]*")

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class BodyRejected(Exception):
    """Why a body is not taken: an HTTP `status`, and for 413 the `limit` in bytes."""

    def __init__(self, status: int, limit: int = 0) -> None:
        super().__init__(status)
        self.status, self.limit = status, limit


class ClientGone(Exception):
    """The client disconnected before its body was complete."""


class WsgiBridge:
    """The ASGI application for scope "http", in front of a WSGI one.

    Forms whose texts wait in its threads share a commit, so more threads make fewer commits. With PostgreSQL each
    thread may hold a connection of the pool, which has to be large enough for all of them.
    """

    def __init__(self, wsgi: Any, threads: int = 24) -> None:
        self.wsgi = wsgi
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="WSGI")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer a request. Django gets one whose body is rejected without it, with the reason in its scope."""
        scope = _cleaned(scope)
        headers = dict(scope["headers"])
        scope["request_id"] = request_id = _request_id(headers)
        log_source.set(f"request {request_id}")
        length = None if b"transfer-encoding" in headers else int(headers.get(b"content-length", 0))
        chunks = _chunks(receive)
        try:
            with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(settings.UPLOADS)) as body:
                if (scope["method"], length) != ("GET", 0):
                    await _read(chunks, length, scope["path"], body)
                start, content, rest = await self._call_django(scope, body)
            await send(start)
        except ClientGone:
            return
        except BodyRejected as why:
            start, content, rest = await self._call_django({**scope, "body_rejected": why}, BytesIO())
            start["headers"].append((b"connection", b"close"))
            await send(start)
            if length and length <= MOST_DISCARDED:
                await _discard(chunks)
        async with contextlib.aclosing(self._pieces(rest)) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": content, "more_body": True})
                content = piece
        await send({"type": "http.response.body", "body": content})

    async def _call_django(self, scope: Any, body: IO[bytes]) -> tuple[dict[str, Any], bytes, Any]:
        """The event that starts the response, its content, and, if that goes on, the response that makes the rest."""
        environ: dict[str, Any] = build_environ(scope, body)  # type: ignore[arg-type, assignment]
        environ["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        run = contextvars.copy_context().run
        respond = asyncio.get_running_loop().run_in_executor(self.pool, run, _respond, self.wsgi, environ)
        start, content, rest = await respond
        start["headers"].append((b"x-request-id", scope["request_id"].encode()))
        return start, content, rest

    async def _pieces(self, response: Any) -> AsyncGenerator[bytes, None]:
        """What a streaming response goes on with; each piece is made on a thread of the pool."""
        run, loop = contextvars.copy_context().run, asyncio.get_running_loop()
        try:
            while piece := response and await loop.run_in_executor(self.pool, run, _piece, response):
                yield piece
        finally:
            if response:
                await loop.run_in_executor(self.pool, run, response.close)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    """A body as it comes. Raises ClientGone, and BodyRejected once it takes too long."""
    deadline, more = asyncio.get_running_loop().time() + GRACE, True
    while more:
        try:
            async with asyncio.timeout_at(deadline):
                event = await receive()
        except TimeoutError:
            raise BodyRejected(408) from None
        if event["type"] == "http.disconnect":
            raise ClientGone
        more, chunk = event.get("more_body", False), event.get("body", b"")
        deadline += len(chunk) / PACE
        yield chunk


async def _read(chunks: AsyncIterator[bytes], length: int | None, path: str, file: IO[bytes]) -> None:
    """Write a body to `file`. Raises ClientGone, and BodyRejected for what may not be sent to this address."""
    limit = next((size for each, size in settings.UPLOAD_LIMITS.items() if re.fullmatch(each, path)), 0)
    if length is None:
        raise BodyRejected(411)
    if length > limit + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # the form around a file has bytes of its own
        raise BodyRejected(413, limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    async for chunk in chunks:
        if file.tell() + len(chunk) <= IN_MEMORY:
            file.write(chunk)
        elif shutil.disk_usage(settings.UPLOADS).free < RESERVE + length:  # Django copies the file out of the body
            raise BodyRejected(507)
        else:
            await asyncio.to_thread(file.write, chunk)


async def _discard(chunks: AsyncIterator[bytes]) -> None:
    """Read the rest and keep nothing: a browser shows no response while it still sends."""
    with contextlib.suppress(BodyRejected, ClientGone):
        async for _ in chunks:
            pass


def _respond(wsgi: Any, environ: dict[str, Any]) -> tuple[dict[str, Any], bytes, Any]:
    start: dict[str, Any] = {"type": "http.response.start"}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        start["status"] = int(status.split(" ", 1)[0])
        start["headers"] = [(name.lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]

    with contextlib.ExitStack() as stack:
        response = stack.enter_context(contextlib.closing(wsgi(environ, start_response)))
        content = _piece(response) if getattr(response, "streaming", False) else b"".join(response)
        goes_on = len(content) >= IN_MEMORY and getattr(response, "streaming", False)
        if goes_on:
            stack.pop_all()  # whoever sends the rest closes it
        return start, content, response if goes_on else None


def _piece(response: Any) -> bytes:
    """As much as is held in memory of what a streaming response goes on with; nothing at its end."""
    piece = bytearray()
    for chunk in response:
        piece += chunk
        if len(piece) >= IN_MEMORY:
            break
    return bytes(piece)


def _request_id(headers: dict[bytes, bytes]) -> str:
    """The id under which a proxy knows the request, if it is one, or a new one; it is in each log line."""
    sent = headers.get(b"x-request-id", b"")
    return sent.decode() if REQUEST_ID.fullmatch(sent) else f"{random.getrandbits(64):016x}"


def _cleaned(scope: Any) -> Any:
    """Headers with "_" would pass for ones with "-" (X_Forwarded_Proto); a raw query may hold any byte but NUL.

    A charset of the sender's choice would decode our forms by any codec Python knows; pages here are UTF-8.
    """
    headers = [(name, CHARSET.sub(b"", value)) for name, value in scope["headers"] if b"_" not in name]
    query = quote(scope["query_string"], safe=string.printable).replace("%00", "%EF%BF%BD").encode()
    return {**scope, "headers": headers, "query_string": query}
