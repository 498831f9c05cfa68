"""Django's WSGI handler on a fixed pool of threads, behind ASGI: a fraction of the cost of its ASGI handler.

Slow clients hold no thread: a body is read to its end before it takes one, and a response leaves its thread at
once, however slowly it is read. Either waits in a temporary file when it is long.
"""

import asyncio
import contextlib
import contextvars
import re
import string
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote

from a2wsgi.wsgi import build_environ
from django.conf import settings

from http_bridge.request_body import BodyRejected, ClientGone, Receive, RequestBody, SpooledFile, writable_bytes

CHUNK = 128 * 1024  # bytes of a response that are sent at a time
CHARSET = re.compile(rb"(?i);\s*charset\s*=[^;]*")

Send = Callable[[Any], Awaitable[None]]


class WsgiBridge:
    """The ASGI application for scope "http", in front of a WSGI one."""

    def __init__(self, wsgi: Any, threads: int = 10) -> None:
        self.wsgi = wsgi
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="WSGI")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer a request. Django gets one whose body is rejected without it, with the reason in its scope."""
        scope = _cleaned(scope)
        body = RequestBody(scope, receive)
        try:
            with SpooledFile() as file:
                await self._check(scope, body.length)
                await body.read(file)
                await self._respond(scope, file, send)
        except ClientGone:
            pass
        except BodyRejected as why:
            await self._respond({**scope, "body_rejected": why}, BytesIO(), send, rejected=body)

    async def _check(self, scope: Any, length: int | None) -> None:
        """Raises BodyRejected for what this client may not send here, before any of it is read."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length is None:
            raise BodyRejected(411)
        if length > limit and scope["method"] == "POST" and scope["path"] in settings.UPLOAD_PATHS:
            answer = BytesIO()
            await self._call_django({**scope, "may_upload": True}, BytesIO(), answer)
            if answer.getvalue() != b"yes":
                raise BodyRejected(403)
            if writable_bytes() < 2 * length:  # Django copies the file out of the body
                raise BodyRejected(507)
            length, limit = length - limit, settings.UPLOAD_LIMIT  # the form around a file has bytes of its own
        if length > limit:
            raise BodyRejected(413, limit)

    async def _respond(self, scope: Any, file: IO[bytes], send: Send, rejected: RequestBody | None = None) -> None:
        with SpooledFile() as response:
            start = await self._call_django(scope, file, response)
            size = response.tell()
            response.seek(0)
            if rejected:
                start["headers"].append((b"connection", b"close"))
            await send(start)
            while response.tell() < size - CHUNK:
                await send({"type": "http.response.body", "body": response.read(CHUNK), "more_body": True})
            if rejected:
                await rejected.discard()
            await send({"type": "http.response.body", "body": response.read(CHUNK)})

    async def _call_django(self, scope: Any, body: IO[bytes], response: IO[bytes]) -> dict[str, Any]:
        """Writes the body of the response to a file and returns the event that starts it."""
        environ: dict[str, Any] = build_environ(scope, body)  # type: ignore[arg-type, assignment]
        environ["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self.pool, run, _run, self.wsgi, environ, response)


def _run(wsgi: Any, environ: dict[str, Any], response: IO[bytes]) -> dict[str, Any]:
    start: dict[str, Any] = {"type": "http.response.start"}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], int]:
        start["status"] = int(status.split(" ", 1)[0])
        start["headers"] = [(name.lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]
        return response.write

    with contextlib.closing(wsgi(environ, start_response)) as chunks:
        for chunk in chunks:
            response.write(chunk)
    return start


def _cleaned(scope: Any) -> Any:
    """Headers with "_" would pass for ones with "-" (X_Forwarded_Proto); a raw query may hold any byte but NUL.

    A charset of the sender's choice would decode our forms by any codec Python knows; pages here are UTF-8.
    """
    headers = [(name, CHARSET.sub(b"", value)) for name, value in scope["headers"] if b"_" not in name]
    query = quote(scope["query_string"], safe=string.printable).replace("%00", quote("\ufffd")).encode()
    return {**scope, "headers": headers, "query_string": query}
