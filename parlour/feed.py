"""One stream in one process: asked once, rendered once a variant, the same text to every page that listens."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ObjectDoesNotExist

from parlour import cursors
from parlour.conf import conf
from parlour.database import run
from parlour.streams import Ask, Stream, Variant

if TYPE_CHECKING:
    from parlour.hub import Hub

log = logging.getLogger("parlour")


class Listener(Protocol):
    """What a feed and its hub want of a socket."""

    slot: int

    @property
    def person(self) -> Any: ...
    def deliver(self, stream: Stream, seq: int, text: str) -> None: ...
    def beat(self) -> None: ...
    def unsee(self, stream: Stream) -> None: ...
    def recheck(self) -> None: ...
    def aged(self) -> None: ...


class Feed:
    """A stream, who listens to it here, and how far they have seen."""

    def __init__(self, hub: "Hub", stream: Stream) -> None:
        self.hub = hub
        self.stream = stream
        self.seq = -1  # what the listeners that are not late have seen
        self.wanted = 0  # how far hints say the stream has come
        self.present: dict[Listener, Variant] = {}
        self.late: dict[Listener, Ask] = {}
        self.asking: dict[Listener, Ask] = {}  # were late, and are being answered
        self.awake = asyncio.Event()
        self.task = asyncio.get_running_loop().create_task(self._run())

    def join(self, listener: Listener, cursor: int | None) -> None:
        """Answer `listener` from `cursor` at the next ask, and from then on with everybody."""
        self.late[listener] = Ask(cursor, self.stream.variant(listener.person))
        self.awake.set()

    def part(self, listener: Listener) -> None:
        self.present.pop(listener, None)
        self.late.pop(listener, None)
        self.asking.pop(listener, None)
        if not self.present and not self.late and not self.asking:
            self.task.cancel()
            self.hub.forget(self.stream)

    def heard(self, seq: int) -> None:
        """A hint: the stream has come as far as `seq`. One that is not above ours is ignored."""
        if seq > self.wanted:
            self.wanted = seq
            self.awake.set()

    def reset(self) -> None:
        """The epoch changed: nobody's cursor means anything."""
        for listener, variant in self.present.items():
            listener.unsee(self.stream)
            self.late[listener] = Ask(None, variant)
        self.present.clear()
        self.seq = self.wanted = -1
        self.awake.set()

    async def _run(self) -> None:
        while True:
            await self.awake.wait()
            self.awake.clear()
            self.asking, self.late = self.late, {}
            if not self.asking and (self.wanted <= self.seq or not self.present):
                continue
            try:
                await self._answer()
            except ObjectDoesNotExist:  # what it is about was deleted just now, and its pages are about to hear so
                for listener in (*self.present, *self.asking):
                    listener.recheck()
            except Exception:
                log.exception("stream %s could not be read; its pages wait for the next look", self.stream.name)
                self.late = self.asking | self.late
                self.wanted = -1  # or the next look's same number would be no news
            self.asking = {}
            await asyncio.sleep(max(conf.ASK_GAP, self.stream.gap))

    async def _answer(self) -> None:
        asks = set(self.asking.values()) | {Ask(self.seq, variant) for variant in self.present.values()}
        was = self.seq
        asked = self.hub.places.moment()
        answer = await run(self.stream.answer, list(asks))
        self.seq = max(self.seq, answer.seq)
        log.debug(
            "%s: %d pages from %d and %d of their own, to %d",
            self.stream.name,
            len(self.present),
            was,
            len(self.asking),
            answer.seq,
        )
        cursor = self._cursor(answer.seq)
        texts = {ask: fragments + cursor for ask, fragments in answer.fragments.items()}
        for listener, variant in list(self.present.items()):
            ask = Ask(was, variant)
            if answer.fragments[ask] and self._in_time(listener, ask, asked):
                listener.deliver(self.stream, answer.seq, texts[ask])
        for listener, ask in list(self.asking.items()):
            if listener in self.asking and self._in_time(listener, ask, asked):  # nobody before it took it along
                self.present[listener] = ask.variant
                listener.deliver(self.stream, answer.seq, texts[ask])

    def _in_time(self, listener: Listener, ask: Ask, asked: int) -> bool:
        """Whether this answer may be shown: another head that fills the same part may have shown newer rows."""
        if self.hub.places.fills(listener, self.stream, asked):
            return True
        self.present.pop(listener, None)
        self.late[listener] = ask
        self.awake.set()
        return False

    def _cursor(self, seq: int) -> str:
        cursor = cursors.written(self.stream.name, self.hub.epoch, seq)
        return self.stream.region.cursor(self.stream, cursor)
