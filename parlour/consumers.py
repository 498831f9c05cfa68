"""One socket of one page: who it is, what it may say, and the frames that go down to it."""

import logging
import random
from time import time
from typing import Any, ClassVar

from django.conf import settings
from django.shortcuts import resolve_url
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from parlour import cursors, frames, handshake, heads, hub
from parlour.composer import Malformed
from parlour.conf import conf
from parlour.database import run
from parlour.fragments import Region
from parlour.limits import Bucket
from parlour.outbox import Send
from parlour.revocation import guard
from parlour.sockets import Socket
from parlour.streams import Stream, Variant

log = logging.getLogger("parlour")
STRIKES = 5


class Refused(Exception):
    """A page that may not be here, with the close code and the words (markup) that lead on.

    4001 signed out, 4003 not allowed, 4004 no such thing: final. 4008 and 4029 keep the beat, so that the
    page's watchdog comes back.
    """

    def __init__(self, code: int, words: SafeString | str) -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words


class Consumer(Socket):
    """Base of an app's live side. Say who may listen in `admit`; hear what pages say in `hear_<kind>` methods."""

    kinds: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.kinds = frozenset(name.removeprefix("hear_") for name in dir(cls) if name.startswith("hear_"))

    @classmethod
    def admit(cls, person: Any, **route: Any) -> Region:
        """The region this person may have at this address, or Refused. Runs on a database thread."""
        raise NotImplementedError

    async def greet(self, fields: dict[str, Any]) -> str:
        """A page said hello with these fields; returned fragments go into the answer."""
        return ""

    def left(self) -> None:
        """The page is gone, however it went. Called once if it was greeted."""

    @classmethod
    def as_asgi(cls) -> Any:
        async def application(scope: dict[str, Any], receive: Any, send: Send) -> None:
            await cls(scope, send).serve(receive)

        return application

    def __init__(self, scope: dict[str, Any], send: Send) -> None:
        super().__init__(scope, send)
        self.bucket = Bucket(conf.FRAME_RATE)
        self.strikes = 0
        self.greeted = False
        self.visitor: handshake.Visitor
        self.known: dict[str, int] = {}  # the guards' heads, as they were when rights were last asked for

    @property
    def person(self) -> Any:
        return self.visitor.person

    # Coming

    async def serve(self, receive: Any) -> None:
        self.hub = hub.current()
        self.loop = self.hub.loop
        await receive()
        if not handshake.same_origin(self.scope):
            log.warning("a socket from a foreign page was refused at %s", self.scope["path"])
            return await self.outbox.close(1008)
        try:
            await self.hub.ready()
            await run(self._authorise)
        except Refused as refused:
            await self.outbox.send({"type": "websocket.accept"})
            return await self._farewell(refused.code, refused.words)
        await self.outbox.send({"type": "websocket.accept"})
        self.leaves_at = self.loop.time() + conf.MAX_AGE * random.uniform(1, 2)
        deadline = self.loop.call_later(conf.HELLO_WITHIN, self._silent)
        try:
            await self._listen(receive)
        finally:
            deadline.cancel()
            self.leave()

    def _authorise(self) -> None:
        """Ask who this is and what they may see, heads first: a right taken away meanwhile moves them again."""
        names = {*self.region.guards, guard(self.person.pk)} if hasattr(self, "region") else set()
        known = heads.read(names)
        visitor = handshake.visitor(self.scope)
        if hasattr(self, "visitor") and visitor.person.pk != self.person.pk:
            login = resolve_url(settings.LOGIN_URL)
            raise Refused(4001, format_html('You are signed out. <a href="{}">Sign in</a>', login))
        self.visitor = visitor
        self.region = self.admit(self.person, **self.route)
        self.known = known

    async def _listen(self, receive: Any) -> None:
        while (event := await receive())["type"] != "websocket.disconnect":
            if self.ended:
                continue
            if event.get("text") is None:
                self.end(1003)
            elif not self.bucket.take():
                self.end(4029, "That was too much at once. This page will try again soon.")
            else:
                await self.heard(event["text"])

    async def heard(self, text: str) -> None:
        """One text frame from the page."""
        try:
            fields = frames.fields(text)
            kind = fields.pop("kind", None)
            if kind is None:
                await self._bot(fields)
            elif kind == "hello":
                await self._hello(fields)
            elif not isinstance(kind, str) or kind not in self.kinds:
                raise Malformed("That was not understood: no such kind of message.")
            elif self.greeted:  # a removed element's socket never says hello; what it queued is not ours
                await getattr(self, f"hear_{kind}")(fields)
        except Malformed as problem:
            self.strike(str(problem))
        except Refused as refused:
            self.end(refused.code, refused.words)
        except Exception:
            log.exception("a frame could not be dealt with at %s; its page is asked to come back", self.scope["path"])
            self.end(1013)

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
        if self.greeted:
            return
        await run(self._authorise)
        answer = await self.greet(fields) + self.region.value("met", "1")
        self.greeted = True
        seen = cursors.read(fields.get("cursor"), self.hub.epoch)
        self.hub.guard(self, self.known)
        for stream in self.region.streams:
            self.hub.follow(self, stream, seen.get(stream.name))
        if self.region.streams:
            self.owe(self.region.streams[0], 0, answer)
        else:
            self.put(answer)
        self.beat()

    # Staying

    def reads(self, stream: Stream) -> Variant:
        zone = getattr(self.person, "zone", "") or settings.TIME_ZONE
        return stream.variant(self.person, Variant(settings.LANGUAGE_CODE, zone))

    def recheck(self) -> None:
        """Ask again whether this page may stay."""
        self.loop.create_task(self._recheck())

    async def _recheck(self) -> None:
        known = self.known
        try:
            await run(self._authorise)
        except Refused as refused:
            self.end(refused.code, refused.words)
        except Exception:
            log.exception("rights could not be read; they are asked for again")
            self.loop.call_later(1, self.recheck)
        finally:
            self.known = known

    def aged(self) -> None:
        """Called at every tick: sessions end, and no socket lives for ever."""
        if self.visitor.until is not None and self.visitor.until.timestamp() < time():
            self.recheck()
        if self.loop.time() > self.leaves_at:
            self.end(1012)

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
        if self.greeted:
            self.greeted = False
            self.hub.leave(self)
            self.left()
