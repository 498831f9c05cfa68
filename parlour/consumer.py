"""One socket's life: handshake, rights, hello, incoming frames, end.

Who somebody is and whether they may be here is decided before the socket is accepted; until its hello a socket gets
nothing and is heard in nothing else. Rights are checked again whenever a head moves that guards them.
"""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from io import BytesIO
from time import time
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render, resolve_url
from django.utils import translation
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from parlour import drain, hub, metrics
from parlour.authorization import Known, address_of, guards_at
from parlour.conf import conf
from parlour.credentials import Credential, Session
from parlour.database import log_source, run
from parlour.limits import OncePerMinute, TooManySockets, count_socket, frame_bucket, uncount_socket
from parlour.models import read_heads
from parlour.regions import Ids, Region, cursor_text, in_page_language, page_language
from parlour.send_queue import Send, SendQueue
from parlour.streams import Stream, read_cursors
from parlour.writes import rights

log = logging.getLogger("parlour")
REFUSED_IN_A_ROW = 3  # sockets, before an operator is told
MALFORMED_FRAMES = 5  # the fifth ends the socket
BYTES_PER_TOKEN = 8192  # a larger frame counts as several
TOO_MUCH = gettext_lazy("That was too much at once. This page will try again soon.")
LOGGED = 100  # characters of what a stranger sent
IGNORED = {"HEADERS", "headers", "csrfmiddlewaretoken"}  # htmx's own; HEADERS holds the page's URL


class CloseCode(IntEnum):
    """Why a socket ends. After 4001, 4003 and 4004 a page does not come back; htmx retries 1012 and 1013."""

    BINARY_FRAME = 1003
    REFUSED = 1008
    RECONNECT = 1012
    FELL_BEHIND = 1013
    SIGNED_OUT = 4001
    NOT_ALLOWED = 4003
    NOT_FOUND = 4004
    NO_HELLO = 4008
    TOO_MUCH = 4029

    @property
    def is_final(self) -> bool:
        return self in (CloseCode.SIGNED_OUT, CloseCode.NOT_ALLOWED, CloseCode.NOT_FOUND)


class Denied(Exception):
    """A page that may not be here, with the close code and the words (markup) that lead on."""

    def __init__(self, code: int, words: SafeString | str) -> None:
        super().__init__(code, words)
        self.code = CloseCode(code)
        self.words = words

    @classmethod
    def signed_out(cls, back: str = "/") -> "Denied":
        """For somebody who is not signed in where one has to be: words that lead to the sign-in and then `back`."""
        login, query = resolve_url(settings.LOGIN_URL), urlencode({"next": back})
        words = _('You are not signed in. <a href="{}?{}">Sign in</a>')
        return cls(CloseCode.SIGNED_OUT, format_html(words, login, query))


class Malformed(ValueError):
    """A frame that no page of ours sends, in the reader's words."""


def handshake_request(scope: dict[str, Any]) -> HttpRequest:
    """The handshake as Django's own request: host, scheme, cookies and proxies are then judged as for any page."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), scope.get("scheme"))
    return ASGIRequest({"path": "/", **scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def refusal(request: HttpRequest, credential: Credential) -> str:
    """Why the handshake comes from none of our own pages; "" if Django would accept a form with this Host and Origin.

    With a cookie a missing or null Origin is refused, so that no other site can use somebody's.
    """
    origin = request.META.get("HTTP_ORIGIN", "")
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return f"Host {request.META.get('HTTP_HOST', '')[:LOGGED]!r} is not in ALLOWED_HOSTS"
    if not isinstance(credential, Session):
        return ""
    if origin and CsrfViewMiddleware(lambda _: HttpResponse())._origin_verified(request):  # type: ignore[attr-defined]
        return ""
    return f"it comes from a page of {origin[:LOGGED]!r}, not of {own[:LOGGED]!r}"


class Refusals(OncePerMinute):
    """Handshakes that were refused. If all are, a proxy may hide our name from us, while pages and forms work."""

    in_a_row, why = 0, ""

    def refused(self, path: str, why: str) -> None:
        self.in_a_row, self.why = self.in_a_row + 1, why
        self.warning(path, why)


refusals = Refusals("a socket was refused at %s: %s")


def refused_sockets() -> str:
    """For an operator: why no socket gets in, if the last few here were all refused; "" while they get in."""
    if refusals.in_a_row < REFUSED_IN_A_ROW:
        return ""
    return f"The last {refusals.in_a_row} sockets were all refused: {refusals.why}."


def parse_frame(text: str) -> dict[str, Any]:
    """The fields of a frame, one flat JSON object: texts, numbers, booleans, or lists of texts. Raises Malformed."""
    if len(text) > conf.FRAME_BYTES:
        raise Malformed(_("That was too much at once."))
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(_("That was not understood: it is not JSON.")) from None
    if not isinstance(frame, dict):
        raise Malformed(_("That was not understood: a JSON object was expected."))
    fields = {name: value for name, value in frame.items() if name not in IGNORED}
    for name, value in fields.items():
        if not _is_flat(value):
            shown = name[:40].encode(errors="replace").decode()
            raise Malformed(_("That was not understood: “%s” has the wrong type.") % shown)
    if "\\u" in text:  # only a JSON escape can name half of a surrogate pair, which no database can hold
        try:
            json.dumps(fields, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Malformed(_("That was not understood: half a character is in it.")) from None
    return fields


def _is_flat(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return value is None or isinstance(value, str | int | float)


class Consumer:
    """Base of an app's live side. Say who may listen in `authorize`; hear what pages send in `hear_<kind>` methods."""

    kinds: ClassVar[frozenset[str]] = frozenset()
    answers_for_many: ClassVar[bool] = False  # whether `authorize_all` is its own
    region: Region
    parse = staticmethod(parse_frame)

    def __init_subclass__(cls) -> None:
        cls.answers_for_many = cls.authorize_all.__func__ is not Consumer.authorize_all.__func__  # type: ignore[attr-defined]
        cls.kinds = frozenset(name.removeprefix("hear_") for name in dir(cls) if name.startswith("hear_"))

    # What an app says

    @classmethod
    def authorize(cls, person: Any, **route: Any) -> Region:
        """The region this person may have at this address, or Denied. Runs on a database thread."""
        raise NotImplementedError

    @classmethod
    def authorize_all(cls, asked: Sequence[tuple[Any, Mapping[str, Any]]]) -> Sequence[Region | None]:
        """The region of each of these people at each of these addresses (a route's arguments).

        None for who is to be asked for alone, which says why. Rights are asked for again and again: override this
        where a few queries answer for many.
        """
        regions: list[Region | None] = []
        for person, route in asked:
            try:
                regions.append(cls.authorize(person, **route))
            except Exception:  # which is said when it is asked for alone
                regions.append(None)
        return regions

    @classmethod
    def key(cls, **_route: Any) -> str:
        """The key of the region at this address, known from the address alone: a refusal queries nothing."""
        return "refused"

    @classmethod
    def credential_of(cls, request: HttpRequest) -> Credential:
        """By what the handshake says who it is."""
        scope: dict[str, Any] = request.scope  # type: ignore[attr-defined]
        return scope.get("credential") or Session(request.COOKIES.get(settings.SESSION_COOKIE_NAME))

    def introduce(self, fields: dict[str, Any]) -> Credential:
        """By what a page's hello says who it is, if not as its handshake did. Denied refuses it."""
        return self.credential

    async def greet(self, fields: dict[str, Any]) -> str:
        """A page said hello with these fields; the returned fragments go into the answer."""
        return ""

    def left(self) -> None:
        """The page is gone, in whatever way. Called once if it was greeted."""

    def tick(self) -> None:
        """Called every few seconds: sessions end, and no socket lives for ever."""
        if self.until and self.until.timestamp() < time():
            self.recheck()
        if self.loop.time() > self.leaves_at:
            self.reconnect()

    # Addresses

    @classmethod
    def as_asgi(cls) -> Any:
        """The ASGI application for a URLRouter."""
        return lambda scope, receive, send: cls(scope, send).serve(receive)

    @classmethod
    def as_panel(cls) -> Callable[..., HttpResponse]:
        """A view of the region's live element, for its watchdog. It never redirects: 403 and nothing if denied.

        A page that never said hello (`met` is empty) has no socket: it gets a composer that posts, the present cursors,
        and its parts as they are now.
        """

        @never_cache
        def panel(request: HttpRequest, **route: Any) -> HttpResponse:
            with in_page_language(request):
                try:
                    region = cls.authorize(request.user, **route)
                except Denied:
                    return HttpResponse(status=403)
                context = {**region.paint(request), "plain": request.GET.get("met") == ""}
                return render(request, "parlour/panel.html", context)

        return panel

    # The life of a socket

    def __init__(self, scope: dict[str, Any], send: Send) -> None:
        self.path: str = scope["path"]
        self.client: str = (scope.get("client") or [""])[0]
        self.route: dict[str, Any] = scope.get("url_route", {}).get("kwargs", {})
        self.scope = scope
        self.loop = asyncio.get_running_loop()
        self.hub = hub.current()
        self.send_queue = SendQueue(send)
        self.slot = random.randrange(hub.SLOTS)
        self.language = settings.LANGUAGE_CODE  # known from the handshake
        self.source = f"socket {random.getrandbits(32):08x}"  # in log lines
        self.person: Any = None
        self.until: datetime | None = None
        self.guards: dict[str, int] = {}  # heads as they were before the rights were checked
        self.answers: list[tuple[tuple[str, str, str], int, str]] = []
        self.malformed = 0
        self.rechecking: asyncio.Task[None] | None = None
        self.recheck_again = self.greeted = self.ended = False
        self.began = self.loop.time()
        self.leaves_at = self.began + conf.MAX_AGE * random.uniform(1, 2)

    async def serve(self, receive: Any) -> None:
        log_source.set(self.source)
        await receive()
        if drain.draining():
            return await drain.refuse(self.scope, self.send_queue.send)
        request = handshake_request(self.scope)
        self.credential = self.credential_of(request)
        if why := refusal(request, self.credential):
            refusals.refused(self.path, why)
            metrics.REFUSED.labels("foreign_page").inc()
            return await self.send_queue.close(CloseCode.REFUSED)
        refusals.in_a_row = 0
        self.language = page_language(request)
        self._speak()
        del self.scope, request
        try:
            await self.hub.ready()
            self.guards = await self.hub.check_rights(self)
        except Denied as denied:
            metrics.REFUSED.labels(denied.code.name.lower()).inc()
            await self.send_queue.accept()
            return await self.close(denied.code, denied.words)
        await self.send_queue.accept()
        try:
            self._count()
        except TooManySockets as words:
            metrics.REFUSED.labels("too_many").inc()
            return await self.close(CloseCode.TOO_MUCH, str(words))
        is_open = metrics.SOCKETS.labels(type(self).__name__.removesuffix("Consumer").lower())
        is_open.inc()
        try:
            await self._listen(receive)
        finally:
            is_open.dec()
            uncount_socket(self.counted)

    def _count(self) -> None:
        """Count this socket as its person's, or its address's while nobody is known. Raises TooManySockets."""
        before, self.counted = getattr(self, "counted", None), count_socket(self.person, self.client)
        self.bucket = frame_bucket(self.counted)
        if before:
            uncount_socket(before)

    async def _listen(self, receive: Any) -> None:
        self.deadline = self.loop.call_later(conf.HELLO_WITHIN, self._no_hello)
        try:
            while (event := await receive())["type"] != "websocket.disconnect":
                if self.ended:
                    continue
                if event.get("text") is None:
                    self.end(CloseCode.BINARY_FRAME)
                elif not self.bucket.take(1 + len(event["text"]) // BYTES_PER_TOKEN):
                    self.end(CloseCode.TOO_MUCH, str(TOO_MUCH))
                else:
                    await self.heard(event["text"])
                del event  # while nothing comes, it would be kept
        finally:
            self.deadline.cancel()
            self.leave()

    def _speak(self) -> None:
        """Have the page's language in force in this task and those it creates."""
        if translation.get_language() != self.language:  # what is active takes two kilobytes of every task
            translation.activate(self.language)

    def _no_hello(self) -> None:
        self.end(CloseCode.NO_HELLO, _("This page did not introduce itself."))

    def leave(self) -> None:
        """Stop listening, and tell the app so."""
        self.hub.leave(self)
        if self.greeted:
            self.greeted = False
            self.left()

    def end(self, code: int, words: SafeString | str = "") -> None:
        """Close with a code and words. Nothing more is heard or delivered."""
        if not self.ended:
            self.ended = True
            log.debug("%s ends with %d", self.path, code)
            self.leave()
            self.closing = self.loop.create_task(self.close(CloseCode(code), words))

    def reconnect(self) -> None:
        """Have the page come back, to another process if this one ends."""
        self.end(CloseCode.RECONNECT)

    async def close(self, code: CloseCode, words: SafeString | str) -> None:
        """The words, and then the code. A final code takes the beat away, or the watchdog would come back."""
        if code == CloseCode.FELL_BEHIND:  # it could not take this, and asks for all of it when it comes back
            self.send_queue.waiting.clear()
        ids = self.region if hasattr(self, "region") else Ids(self.key(**self.route))
        if code.is_final:
            self.send_queue.put(ids.farewell(format_html('<p class="pl-farewell" role="alert">{}</p>', words)))
        elif words:
            self.send_queue.put(ids.inner("note", escape(words)))
        await self.send_queue.close(code)

    # Rights

    def check_rights(self, known: Known | None = None) -> dict[str, int]:
        """Ask the database who this is and what they may see; Denied if nothing. Sets `person` and `region`.

        Returns the heads that guard the rights as they were before: a right that goes meanwhile moves one of them.
        `known` is what was asked for together with other pages.
        """
        person, until = known[:2] if known else self.credential.identify()
        if self.person is not None and person.pk != self.person.pk:
            raise Denied.signed_out(self.region.address or "/")
        if known:
            guards, region = known.guards, known.region
        else:
            guards, region = self._authorized(person)
        self.person, self.until, self.region = person, until, region
        return guards

    def _authorized(self, person: Any) -> tuple[dict[str, int], Region]:
        address = address_of(self)
        guards = read_heads({rights(person.pk), *guards_at.get(address, ())})
        region = self.authorize(person, **self.route)
        if not guards.keys() >= set(region.guards):
            guards_at[address] = tuple(region.guards)
            guards = read_heads({rights(person.pk), *region.guards})
            region = self.authorize(person, **self.route)
        return guards, region

    def recheck(self) -> None:
        """Check again whether this page may stay."""
        if self.rechecking:
            self.recheck_again = True
        else:
            self.rechecking = self.loop.create_task(self._recheck())
            self.rechecking.add_done_callback(self._rechecked)

    def _rechecked(self, _: object) -> None:
        """One check at a time, or an older answer would replace a newer one."""
        self.rechecking, again, self.recheck_again = None, self.recheck_again, False
        if again and not self.ended:
            self.recheck()

    async def _recheck(self) -> None:
        log_source.set(self.source)  # it was the hub that asked for it
        self._speak()
        zone = getattr(self.person, "zone", "")
        try:
            self.guards = await self.hub.check_rights(self)
            log.debug("person %s may stay at %s", self.person.pk, self.path)
            if getattr(self.person, "zone", "") != zone:
                self.reconnect()  # it comes back, and its streams know how it reads
            elif self.greeted and set(self.following) != {stream.heads for stream in self.region.streams}:
                same = [stream for stream in self.region.streams if stream.heads in self.following]
                told = {stream.name: self.hub.told(self, stream) for stream in same}
                self.hub.leave(self)
                self._follow({name: seq for name, seq in told.items() if seq >= 0})
        except Denied as denied:
            self.end(denied.code, denied.words)
        except Exception:
            log.exception("rights could not be checked; it is tried again")
            self.loop.call_later(1, self.recheck)

    # Frames from the page

    async def heard(self, text: str) -> None:
        """One text frame from the page."""
        try:
            await self._dispatch(self.parse(text))
        except Malformed as problem:
            self.refuse_frame(str(problem))
        except Denied as denied:
            self.end(denied.code, denied.words)
        except TooManySockets as words:
            self.end(CloseCode.TOO_MUCH, str(words))
        except Exception:
            log.exception("a frame failed at %s; its page is asked to come back", self.path)
            self.end(CloseCode.FELL_BEHIND)

    async def _dispatch(self, fields: dict[str, Any]) -> None:
        kind = fields.pop("kind", None)
        if kind is None:
            await self._hear_program(fields)
        elif kind == "hello":
            await self._hello(fields)
        elif not isinstance(kind, str) or kind not in self.kinds:
            raise Malformed(_("That was not understood: no such kind of message."))
        elif self.greeted:  # the socket of a removed element never says hello; what it queued is not ours
            await getattr(self, f"hear_{kind}")(fields)

    async def _hear_program(self, fields: dict[str, Any]) -> None:
        """A frame without a kind: hello at the head, and then say."""
        words = fields.get("message", fields.get("text"))
        if not isinstance(words, str) or "say" not in self.kinds:
            raise Malformed(_('That was not understood: send {"message": "…"}.'))
        if not self.greeted:
            streams = self.region.streams
            heads = await run(read_heads, {name for stream in streams for name in stream.heads})
            seen = {stream.name: sum(heads[name] for name in stream.heads) for stream in streams}
            await self._hello({"cursor": [cursor_text(name, self.hub.epoch, seq) for name, seq in seen.items()]})
        await self.hear_say({"text": words})  # type: ignore[attr-defined]

    async def _hello(self, fields: dict[str, Any]) -> None:
        if self.greeted:
            return
        credential = self.introduce(fields)
        if credential != self.credential:
            self.credential, self.person = credential, None
            self.guards = await self.hub.check_rights(self)
            self._count()
        self.hub.guard(self, self.guards)
        if await self.hub.heads.ask(self.guards) != self.guards:  # a right may have gone since the handshake
            self.guards = await self.hub.check_rights(self)
        answer = await self.greet(fields) + self.region.value("met", "1") + self.region.beat(self.slot, self.language)
        self.greeted = True
        self.deadline.cancel()
        if self.ended:  # it was sent away while it was greeted
            self.leave()
            return
        seen = read_cursors(fields.get("cursor"), self.hub.epoch)
        log.debug("person %s says hello at %s, having seen %s", self.person.pk, self.path, seen)
        self._follow(seen, answer)

    def _follow(self, seen: dict[str, int], answer: str = "") -> None:
        self.hub.guard(self, self.guards)
        self.following = [stream.heads for stream in self.region.streams]
        if self.region.streams and answer:
            self.put_after(self.region.streams[0], 0, answer)
        elif answer:
            self.put(answer)
        for stream in self.region.streams:
            self.hub.follow(self, stream, seen.get(stream.name), self.began)
        self.began = 0.0  # what it follows later it did not wait for from the handshake on

    def refuse_frame(self, problem: str) -> None:
        """Say what was malformed; after the fifth time the socket ends."""
        self.malformed += 1
        self.put(self.region.inner("note", escape(problem)))
        if self.malformed >= MALFORMED_FRAMES:
            self.end(CloseCode.REFUSED)

    # Frames to the page

    def put(self, text: str) -> None:
        """Send fragments to this page."""
        if not self.ended and not self.send_queue.put(text):
            self.end(CloseCode.FELL_BEHIND)

    def put_after(self, stream: Stream, seq: int, text: str) -> None:
        """Send `text` in the frame that brings the page to `seq` of `stream`, or now; never before earlier ones."""
        seq = max([seq, *(each[1] for each in self.answers if each[0] == stream.key)])
        if self.hub.told(self, stream) >= seq:
            self.put(text)
        else:
            self.answers.append((stream.key, seq, text))

    def deliver(self, topic: "hub.Topic", seq: int, text: str) -> None:
        """An answer of a topic, which brings the page to `seq`."""
        if self.answers:
            due = [each for each in self.answers if each[0] == topic.stream.key and each[1] <= seq]
            self.answers = [each for each in self.answers if each not in due]
            text = "".join(each[2] for each in due) + text
        if text and not self.ended and not self.send_queue.put(text):  # as in put, which a thousand calls are spared
            self.end(CloseCode.FELL_BEHIND)

    def beat(self) -> None:
        if self.greeted:
            self.put(self.region.beat(self.slot, self.language))
