"""A test kit: who receives which fragment, with cut sockets and lost hints, in a line or two.

    async with Page(RoomConsumer, ann, slug="lobby") as page:
        await page.send(kind="say", text="hello")
        await page.shows("hello")
        await page.cut()
        ...
        await page.resume()
        assert await page.equals_fresh()

Tests need real commits (`pytest.mark.django_db(transaction=True)`), for nothing is pushed before one.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import translation

from parlour import bus
from parlour.consumer import Consumer
from parlour.testing.document import Document

PATIENCE = 5.0  # seconds a page waits for what it should show
LOOK = 0.1  # seconds between two looks at the present


@contextmanager
def lost_hints(share: float = 1.0) -> Iterator[None]:
    """Lose this share of all hints, at random; what a page shows must only come later."""
    publish = bus.publish

    def lossy(heads: dict[str, int]) -> None:
        publish({name: seq for name, seq in heads.items() if random.random() >= share})

    bus.publish = lossy
    try:
        yield
    finally:
        bus.publish = publish


def session_for(person: Any) -> str:
    """A session key that signs `person` in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class Page:
    """One page of `person` (None for nobody) on a consumer's region, from first paint to last frame.

    It is in the language that is in force where it is made.
    """

    def __init__(self, consumer: type[Consumer], person: Any = None, **route: Any) -> None:
        self.consumer, self.person, self.route = consumer, person, route
        self.language = translation.get_language()
        self.frames: list[str] = []
        self.closed: int | None = None
        self.document = Document("")
        self.arrived = asyncio.Event()

    async def __aenter__(self) -> "Page":
        signed_in = self.person is not None
        self.session = await sync_to_async(session_for)(self.person) if signed_in else ""
        self.document = await sync_to_async(self._paint)()
        await self.resume()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.cut()

    def _paint(self) -> Document:
        request = RequestFactory().get("/")
        request.user = self.person or AnonymousUser()
        with translation.override(self.language):
            context = self.consumer.authorize(request.user, **self.route).paint(request)
            self.region = context["region"]
            return Document.of(context)

    async def resume(self, **fields: Any) -> None:
        """Open a socket and say hello with the cursors the page holds."""
        await self.open()
        await self.send(kind="hello", cursor=self.document.cursors(), **fields)
        await self.until(lambda: self.document.value(self.region.id("met")) == "1" or self.closed)

    async def open(self, origin: str = "http://testserver") -> None:
        headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
        if self.session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={self.session}".encode()))
        route = {"args": (), "kwargs": self.route}
        query = urlsplit(self.region.socket).query.encode()
        scope = {"type": "websocket", "path": "/ws/", "query_string": query, "headers": headers, "url_route": route}
        self.up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.up.put_nowait({"type": "websocket.connect"})
        self.closed = None
        self.document.set_value(self.region.id("met"), "")
        application = self.consumer.as_asgi()
        self.socket = asyncio.create_task(application(scope, self.up.get, self._down))

    async def _down(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.send":
            self.frames.append(event["text"])
            self.document.apply(event["text"])
        elif event["type"] == "websocket.close":
            self.closed = event.get("code", 1000)
            self.up.put_nowait({"type": "websocket.disconnect"})
        self.arrived.set()

    async def send(self, **fields: Any) -> None:
        await self.send_text(json.dumps(fields))

    async def send_text(self, text: str) -> None:
        """Send a raw frame, well formed or not."""
        self.up.put_nowait({"type": "websocket.receive", "text": text})

    async def cut(self) -> None:
        """Lose the socket, as when a cable is pulled; the page keeps what it shows."""
        self.up.put_nowait({"type": "websocket.disconnect"})
        await self.socket

    async def shows(self, words: str) -> None:
        """Wait until the page shows `words`."""
        await self.until(lambda: words in self.document.text(), words)

    async def receives(self, markup: str) -> None:
        """Wait until a frame holds `markup`."""
        await self.until(lambda: any(markup in frame for frame in self.frames), markup)

    async def until(self, condition: Any, what: str = "") -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError:
            raise AssertionError(f"not within {PATIENCE} s: {what}\n{self.document.text()}") from None

    async def equals_fresh(self) -> bool:
        """Whether the page comes to show what it would if it were loaded now, fleeting lines apart."""
        parts = [self.region.id(stream.part) for stream in self.region.streams]
        for _ in range(int(PATIENCE / LOOK)):
            fresh = await sync_to_async(self._paint)()
            if all(self.document.part(part) == fresh.part(part) for part in parts):
                return True
            await asyncio.sleep(LOOK)
        return False
