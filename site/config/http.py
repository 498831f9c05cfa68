"""Plain HTTP: Django on a fixed pool of threads, which costs a fraction of its ASGI handler.

Slow clients must not hold the pool: a request's body is read to its end before it takes a thread, and an
answer leaves its thread at once, however slowly it is read.
"""

import asyncio
import re
import string
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from a2wsgi import WSGIMiddleware

_CHARSET = re.compile(rb"(?i);\s*charset\s*=[^;]*")
LARGEST_BODY = 1024 * 1024  # bytes
ALL_BODIES = 32 * LARGEST_BODY  # bytes that may be held at once for bodies that are still being sent
SLOWEST = 20  # seconds a body may take

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class PlainHttp:
    """The ASGI application for scope "http", in front of a WSGI one."""

    def __init__(self, wsgi: Any, workers: int = 10) -> None:
        self.inner = WSGIMiddleware(wsgi, workers=workers, send_queue_size=0)
        self.held = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answers 413 to a body over LARGEST_BODY; a client that leaves or dawdles while sending gets no answer."""
        body = bytearray()
        try:
            async with asyncio.timeout(SLOWEST):
                complete = await self._read(receive, body)
        except TimeoutError:
            return
        finally:
            self.held -= len(body)
        if len(body) > LARGEST_BODY or self.held + len(body) > ALL_BODIES:
            await _too_large(send)
        elif complete:
            await self.inner(_tidy(scope), _once(bytes(body)), send)

    async def _read(self, receive: Receive, body: bytearray) -> bool:
        """Gather a body, as far as there is room for it; False when its client left."""
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                return False
            chunk = event.get("body", b"")
            body += chunk
            self.held += len(chunk)
            if not event.get("more_body", False) or len(body) > LARGEST_BODY or self.held > ALL_BODIES:
                return True


def _tidy(scope: Any) -> Any:
    """Headers with "_" would pass for ones with "-" (X_Forwarded_Proto); a raw query may hold any byte.

    A charset of the sender's choice would decode our forms by any codec Python knows; pages here are UTF-8.
    """
    headers = [(name, _CHARSET.sub(b"", value)) for name, value in scope["headers"] if b"_" not in name]
    query = quote(scope["query_string"], safe=string.printable).encode()
    return {**scope, "headers": headers, "query_string": query}


def _once(body: bytes) -> Receive:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _too_large(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"That is too large to send."})
