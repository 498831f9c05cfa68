"""Plain HTTP: Django on a fixed pool of threads, which costs a fraction of its ASGI handler.

Slow clients must not hold the pool: a request's body is read to its end before it takes a thread, and an
answer leaves its thread at once, however slowly it is read.
"""

import io
import re
import string
from typing import Any
from urllib.parse import quote

from http_bridge.answers import Send, Threads
from http_bridge.bodies import Gathered, Incoming, Left, Receive, Unread
from http_bridge.uploads import Uploads, is_large

_CHARSET = re.compile(rb"(?i);\s*charset\s*=[^;]*")


class PlainHttp:
    """The ASGI application for scope "http", in front of a WSGI one."""

    def __init__(self, wsgi: Any, workers: int = 10) -> None:
        self.threads = Threads(wsgi, workers)
        self.gathered, self.uploads = Gathered(), Uploads()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """A body that cannot be taken is answered by the page for it, `config.pages.unread`."""
        scope, incoming = _tidy(scope), Incoming(scope, receive)
        place = self.uploads if is_large(scope, incoming) else self.gathered
        try:
            async with place.taken(scope, incoming) as body:
                await self.threads.answer(scope, body, receive, send)
        except Left:
            pass
        except Unread as why:
            await self.threads.answer(scope | {"unread": why}, io.BytesIO(), None, _drained(incoming, send))


def _drained(incoming: Incoming, send: Send) -> Send:
    """An answer that comes at once and ends when its client has sent all: some read only then."""

    async def late(event: Any) -> None:
        if event["type"] == "http.response.start":
            event["headers"].append((b"connection", b"close"))
        elif not event.get("more_body", False):
            await incoming.drain()
        await send(event)

    return late


def _tidy(scope: Any) -> Any:
    """Headers with "_" would pass for ones with "-" (X_Forwarded_Proto); a raw query may hold any byte but NUL.

    A charset of the sender's choice would decode our forms by any codec Python knows; pages here are UTF-8.
    """
    headers = [(name, _CHARSET.sub(b"", value)) for name, value in scope["headers"] if b"_" not in name]
    query = quote(scope["query_string"], safe=string.printable).replace("%00", quote("\ufffd")).encode()
    return {**scope, "headers": headers, "query_string": query}
