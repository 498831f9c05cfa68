"""The live side of an app: what a page may say, from its hello on."""

import logging
import random
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.html import escape

from parlour import cursors, frames, handshake, heads, hub, turnstile
from parlour.admission import Admitted, Denied
from parlour.composer import Malformed
from parlour.conf import conf
from parlour.database import run
from parlour.limits import Bucket
from parlour.send_queue import Send

log = logging.getLogger("parlour")
STRIKES = 5
BYTES_A_FRAME = 8192  # a larger frame counts as several
TOO_MUCH = "That was too much at once. This page will try again soon."


class Consumer(Admitted):
    """Base of an app's live side. Say who may listen in `admit`; hear what pages say in `hear_<kind>` methods."""

    kinds: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.kinds = frozenset(name.removeprefix("hear_") for name in dir(cls) if name.startswith("hear_"))

    @classmethod
    def as_asgi(cls) -> Any:
        async def application(scope: dict[str, Any], receive: Any, send: Send) -> None:
            await cls(scope, send).serve(receive)

        return application

    @classmethod
    def as_panel(cls) -> Callable[..., HttpResponse]:
        """A view of the region's live element, for its watchdog."""
        from parlour.pages import as_panel

        return as_panel(cls)

    async def greet(self, fields: dict[str, Any]) -> str:
        """A page said hello with these fields; returned fragments go into the answer."""
        return ""

    def left(self) -> None:
        """The page is gone, however it went. Called once if it was greeted."""

    def __init__(self, scope: dict[str, Any], send: Send) -> None:
        super().__init__(scope, send)
        self.bucket = Bucket(conf.FRAME_RATE)
        self.strikes = 0
        self.greeted = False
        self.following: set[str] = set()  # names of streams

    async def serve(self, receive: Any) -> None:
        """The whole life of a socket. Who and whether is decided before it is accepted."""
        self.hub = hub.current()
        await receive()
        if why := handshake.foreign(self.scope):
            log.warning("a socket was refused at %s: %s", self.scope["path"], why)
            return await self.send_queue.close(1008)
        try:
            await self.hub.ready()
            await run(self.check_rights)
        except Denied as refused:
            await self.send_queue.send({"type": "websocket.accept"})
            return await self.farewell(refused.code, refused.words)
        await self.send_queue.send({"type": "websocket.accept"})
        try:
            with turnstile.passed(self.person, self.scope):
                await self._live(receive)
        except turnstile.Full as words:
            await self.farewell(4029, str(words))

    async def _live(self, receive: Any) -> None:
        self.leaves_at = self.loop.time() + conf.MAX_AGE * random.uniform(1, 2)
        deadline = self.loop.call_later(conf.HELLO_WITHIN, self._silent)
        try:
            await self._listen(receive)
        finally:
            deadline.cancel()
            self.leave()

    async def _listen(self, receive: Any) -> None:
        while (event := await receive())["type"] != "websocket.disconnect":
            if self.ended:
                continue
            if event.get("text") is None:
                self.end(1003)
            elif not self.bucket.take(1 + len(event["text"]) // BYTES_A_FRAME):
                self.end(4029, TOO_MUCH)
            else:
                await self.heard(event["text"])

    async def heard(self, text: str) -> None:
        """One text frame from the page."""
        try:
            await self._deal_with(frames.fields(text))
        except Malformed as problem:
            self.strike(str(problem))
        except Denied as refused:
            self.end(refused.code, refused.words)
        except Exception:
            log.exception("a frame could not be dealt with at %s; its page is asked to come back", self.scope["path"])
            self.end(1013)

    async def _deal_with(self, fields: dict[str, Any]) -> None:
        kind = fields.pop("kind", None)
        if kind is None:
            await self._bot(fields)
        elif kind == "hello":
            await self._hello(fields)
        elif not isinstance(kind, str) or kind not in self.kinds:
            raise Malformed("That was not understood: no such kind of message.")
        elif self.greeted:  # a removed element's socket never says hello; what it queued is not ours
            await getattr(self, f"hear_{kind}")(fields)

    async def _bot(self, fields: dict[str, Any]) -> None:
        """A frame without a kind: hello at the head, and then say."""
        words = fields.get("message", fields.get("text"))
        if not isinstance(words, str) or "say" not in self.kinds:
            raise Malformed('That was not understood: send {"message": "…"}.')
        if not self.greeted:
            now = await run(heads.read, [stream.name for stream in self.region.streams])
            await self._hello({"cursor": [cursors.written(name, self.hub.epoch, seq) for name, seq in now.items()]})
        await self.hear_say({"text": words})  # type: ignore[attr-defined]

    async def _hello(self, fields: dict[str, Any]) -> None:
        if not self.greeted:
            known = await run(self.check_rights)
            answer = await self.greet(fields) + self.region.value("met", "1")
            self.greeted = True
            seen = cursors.read(fields.get("cursor"), self.hub.epoch)
            log.debug("person %s says hello at %s, having seen %s", self.person.pk, self.scope["path"], seen)
            self._follow(known, seen, answer)
            await self.hub.read(known)  # a right that went while it was greeted

    def _follow(self, known: dict[str, int], seen: dict[str, int], answer: str) -> None:
        if self.ended:  # too late: it was sent away while it was greeted
            self.leave()
            return
        self.hub.guard(self, known)
        self.following = {stream.name for stream in self.region.streams}
        for stream in self.region.streams:
            self.hub.follow(self, stream, seen.get(stream.name))
        if self.region.streams:
            self.owe(self.region.streams[0], 0, answer)
        else:
            self.put(answer)
        self.beat()

    def stays(self, known: dict[str, int]) -> None:
        if self.greeted and self.following != {stream.name for stream in self.region.streams}:
            self.hub.leave(self)
            self._follow(known, {}, "")

    def _silent(self) -> None:
        if not self.greeted:
            self.end(4008, "This page did not introduce itself.")

    def strike(self, problem: str) -> None:
        """Say what was malformed; the fifth time is the last."""
        self.strikes += 1
        self.put(self.region.inner("note", escape(problem)))
        if self.strikes >= STRIKES:
            self.end(1008)

    def leave(self) -> None:
        """Stop listening, and tell the app so."""
        if self.greeted:
            self.greeted = False
            self.hub.leave(self)
            self.left()
