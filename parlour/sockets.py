"""One page's socket: the frames that go down to it, in order, and how it ends."""

import asyncio
import logging
import random
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from parlour.fragments import Region
from parlour.send_queue import Send, SendQueue
from parlour.streams import Stream

log = logging.getLogger("parlour")
SLOTS = 6  # hearts beat in as many groups, so that a large house does not beat at once
Key = tuple[str, str]  # a stream on a page: its head's name and the part it fills


class Socket:
    """What goes down. `region` is set once the page is admitted."""

    region: Region

    def __init__(self, scope: dict[str, Any], send: Send) -> None:
        self.scope = scope
        self.loop = asyncio.get_running_loop()
        self.route: dict[str, Any] = scope.get("url_route", {}).get("kwargs", {})
        self.slot = random.randrange(SLOTS)
        self.send_queue = SendQueue(send)
        self.cursors: dict[Key, int] = {}
        self.owing: list[tuple[Key, int, str]] = []
        self.ended = False
        self.closing: asyncio.Task[None] | None = None

    @classmethod
    def key(cls, **_route: Any) -> str:
        """The key of the region at this address, known from the address alone: a refusal looks nothing up."""
        return "refused"

    def leave(self) -> None:
        """Stop listening to anything. Called when the socket ends, perhaps more than once."""

    def put(self, text: str) -> None:
        if not self.ended and not self.send_queue.put(text):
            self.end(1013)

    def deliver(self, stream: Stream, seq: int, text: str) -> None:
        """Frames of one stream reach a page with a cursor that only grows."""
        key = (stream.name, stream.part)
        if seq < self.cursors.get(key, -1):
            return
        self.cursors[key] = seq
        due = [owed for owed in self.owing if owed[0] == key and owed[1] <= seq]
        for owed in due:
            self.owing.remove(owed)
        self.put("".join(owed[2] for owed in due) + text)

    def unsee(self, stream: Stream) -> None:
        """What the page saw of a stream counts no more: the database is another."""
        self.cursors.pop((stream.name, stream.part), None)

    def owe(self, stream: Stream, seq: int, text: str) -> None:
        """Send `text` in the frame that brings the page to `seq`, or now; never before what was owed earlier."""
        key = (stream.name, stream.part)
        seq = max([seq, *(owed[1] for owed in self.owing if owed[0] == key)])
        if self.cursors.get(key, -1) >= seq:
            self.put(text)
        else:
            self.owing.append((key, seq, text))

    def beat(self) -> None:
        self.put(self.region.beat(self.slot))

    def end(self, code: int, words: SafeString | str = "") -> None:
        """Close with a code. Nothing more is heard or delivered."""
        if not self.ended:
            self.ended = True
            log.debug("%s ends with %d", self.scope["path"], code)
            self.leave()
            self.closing = self.loop.create_task(self.farewell(code, words))

    async def farewell(self, code: int, words: SafeString | str) -> None:
        """The words, and then the code. A final code takes the beat away, or the watchdog would come back."""
        if code == 1013:  # it could not take this, and asks for all of it when it comes back
            self.send_queue.waiting.clear()
        if 4001 <= code <= 4004:
            words = format_html('<p class="farewell" role="alert">{}</p>', words)
            key = self.region.key if hasattr(self, "region") else self.key(**self.route)
            self.send_queue.put(Region(key, "", "").farewell(words))
        elif words:
            self.send_queue.put(self.region.inner("note", escape(words)))
        await self.send_queue.close(code)
