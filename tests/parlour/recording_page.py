"""A page that keeps every event of its socket, and that can be a nuisance."""

import asyncio

from parlour.testing import Page
from rooms.consumers import RoomConsumer


class RecordingPage(Page):
    """A room's page whose `events` hold all that the server did; no frame may fail to become bytes."""

    def __init__(self, person=None, slug="lobby", consumer=RoomConsumer, **route):
        super().__init__(consumer, person, **({"slug": slug} if issubclass(consumer, RoomConsumer) else {}), **route)
        self.events = []

    async def _down(self, event):
        event.get("text", "").encode()
        self.events.append(event["type"])
        await super()._down(event)

    async def send_bytes(self, data=b"x"):
        self.up.put_nowait({"type": "websocket.receive", "bytes": data})

    async def ends(self, code):
        """Wait until the server closes with `code`."""
        await self.until(lambda: self.closed is not None, f"a close with {code}")
        assert self.closed == code

    async def stays(self, seconds=0.2):
        """See that the socket is open and heard for a while."""
        await asyncio.sleep(seconds)
        assert self.closed is None
        await self.send(kind="typing")
        assert not self.socket.done()


class Silent(RecordingPage):
    """A page that opens its socket and says nothing yet."""

    async def resume(self, **fields):
        await self.open()

    async def hello(self, **fields):
        await self.send(kind="hello", cursor=self.document.cursors(), **fields)
        await self.until(lambda: self.document.value(self.region.id("met")) == "1" or self.closed, "an answer to hello")
