"""What pages of a room see: its messages and its title; who is here stands in `rooms.people_here`."""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple, Self

from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from alerts.streams import today
from parlour import LogStream, Region, StateStream, address
from rooms.composer import several_lines
from rooms.direct import name_people
from rooms.images import THUMBNAIL
from rooms.markup import trusted
from rooms.models import SOMEBODY, Message, Room, room_key
from rooms.names import MARKS, mark, name_fields, name_in
from rooms.object_rules import object_heads
from rooms.people_here import RoomPeopleStream
from rooms.permissions import READER, Rights, sign_in
from rooms.pins import pinned_in
from rooms.reactions import Reaction, reactions
from rooms.restrictions import words as restriction_words
from rooms.rows import AsHeld, KeptQuery
from rooms.send_once import new_page
from rooms.unread import UnreadStream

ROOMS = 1000  # whose menu buttons are kept
RENDERED = 2000  # messages whose markup is kept, some two megabytes
MINUTES, AVATARS = 2000, 1000  # and those of which these parts are kept
AROUND = 25  # messages before and after the one that a page was asked for
JSON = {"quote_json": "quote", "reactions_json": "reactions", "files_json": "files"}  # as text: a row is hashable
ON_TOP = ["title", "access", "about", "archived", "slow_mode", "keep_days"]  # of a room, where its title stands
MOMENTS = ["created", "previous_at", "heading_at", "edited", "deleted", "pinned"]
FIELDS = ["pk", "seq", "changed", "text", "html", "author", "mark", *MOMENTS, *JSON]


def mine_css(person: Any) -> str:
    """Where the style sheet is that marks a person's own lines; "" where there is none."""
    if isinstance(person.pk, int):  # the address is made once for all
        return address("parlour_rooms:mine_css", SOMEBODY).replace(str(SOMEBODY), str(person.pk))
    try:
        return address("parlour_rooms:mine_css", person.pk) if person.is_authenticated else ""
    except NoReverseMatch:
        return ""


class Addresses(NamedTuple):
    """Where pages of a room ask and post: `urls` is the namespace of these addresses, `argument` says which room."""

    argument: str
    urls: str = "parlour_rooms"


class RoomRegion(Region):
    """A room on a page. Its key is made from the address, which is what a page that was denied still knows.

    A subclass may put it at other addresses: `at`, with a `key` and `socket` to match. `ticket` is what its pages then
    send to say who they are, and `invitation` the template of what stands in the place of the composer.
    """

    controls = "parlour_rooms/composer.html#composer"
    invitation = "parlour_rooms/composer.html#invitation"
    shared_names = (*Region.shared_names, "at", "address", "invitation", "counts_unread")
    ticket = ""
    unread: UnreadStream | None = None

    def __init__(
        self, room: Room, rights: Rights = READER, at: Addresses | None = None, key: str = "", socket: str = ""
    ) -> None:
        self.at = at or Addresses(room.slug)
        panel = address(f"{self.at.urls}:panel", self.at.argument)
        super().__init__(key or room_key(room.slug), socket or f"/ws/rooms/{room.slug}/", panel, rights.role)
        self.room = room
        self.rights = rights
        self.log = RoomStream(room, self)
        self.people = RoomPeopleStream(room.people, self)
        self.streams = [self.log, self.people, TitleStream(room, self)]
        self.guards = [room.rules_stream, *object_heads(room.model, room.object_id)]

    def read_by(self, person: Any, rooms: Iterable[int]) -> Self:
        """Count what somebody has not read in these rooms, if they are signed in."""
        if person.is_authenticated:
            self.unread = self.log.unread = UnreadStream(self.room, self, person, rooms)
            self.streams.append(self.unread)
        return self

    def paint(self, request: HttpRequest) -> dict[str, Any]:
        why_not = restriction_words(self.rights.restriction) if self.rights.restriction else ""
        painted = {**super().paint(request), "signed_in": request.user.is_authenticated, "mine": mine_css(request.user)}
        return {**painted, "several_lines": several_lines(request), "why_not": why_not}

    @property
    def counts_unread(self) -> bool:
        return self.unread is not None

    @property
    def address(self) -> str:  # type: ignore[override]
        return self.room.get_absolute_url()

    @property
    def sign_in(self) -> str:
        """Where a reader who is not signed in can change that."""
        return sign_in(self.address)

    @property
    def fresh_page(self) -> str:
        """An id for the page whose composer is being rendered."""
        return new_page()


class ShownMessage(NamedTuple):
    """All that a message's markup is made of. It is alike for everybody who reads in one language and zone."""

    id: str
    pk: int
    author_id: Any
    author: str
    mark: str
    created: datetime
    previous_at: datetime | None
    heading_at: datetime | None
    html: str
    edited: datetime | None
    deleted: datetime | None
    pinned: datetime | None
    quote: str | None  # JSON, as is the next
    reactions: str | None
    files: tuple["ShownFile", ...]
    actions: str  # the address below which a page asks what can be done with it
    by_post: bool
    language: str | None
    zone: str

    @property
    def continues(self) -> bool:
        """Whether it stands under the heading of a message before it."""
        return self.heading_at not in (None, self.created)

    @property
    def begins_day(self) -> bool:
        """Whether the message before it was posted on another day, where it is read."""
        before = self.previous_at
        return before is None or timezone.localdate(before) != timezone.localdate(self.created)

    @property
    def time(self) -> SafeString:
        return self._time(self.created)

    @property
    def edited_time(self) -> str:
        return self._time(self.edited) if self.edited else ""

    def _time(self, at: datetime) -> SafeString:
        return _render_time(at.replace(second=0, microsecond=0), self.language, self.zone)

    @property
    def quoted(self) -> str:
        """What it answers, which leads back to that; on a page without cookies only as far as that shows it."""
        if self.quote is None:
            return ""
        quote = json.loads(self.quote)
        at = f"#{self.id.removesuffix(str(self.pk))}{quote['pk']}"
        context = {"quote": quote, "href": at if self.by_post else f"?at={quote['pk']}{at}"}
        return render_to_string("parlour_rooms/replies.html#quoted", context)

    @property
    def linked_time(self) -> SafeString:
        """Its time, which leads to it; a page without cookies can follow no link to itself."""
        if self.by_post:
            return self.time
        return format_html('<a href="?at={}#{}">{}</a>', self.pk, self.id, self.time)

    @property
    def act(self) -> SafeString:
        return format_html(_render_act(self.key, self.actions, self.by_post, self.language), pk=self.pk)

    @property
    def avatar(self) -> SafeString:
        return _render_avatar(self.author_id, self.author)

    @property
    def body(self) -> SafeString:
        return trusted(self.html)

    @property
    def is_only_text(self) -> bool:
        """Whether it is like most: a text below another of the same day, and nothing was done with it yet."""
        more = self.edited, self.deleted, self.pinned, self.quote, self.reactions, self.files
        return bool(self.html) and not any(more) and not self.begins_day

    @property
    def markup(self) -> SafeString:
        if not self.is_only_text:
            return render_to_string("parlour_rooms/message.html#message", {"message": self})
        pattern = _text_pattern(self.key, self.actions, self.continues, self.mark, self.by_post, self.language)
        fields = {name: getattr(self, name) for name in ("pk", "author_id", "author", "linked_time", "body")}
        return format_html(pattern, avatar="" if self.continues else self.avatar, **fields)

    @property
    def key(self) -> str:
        """What all ids of its region begin with."""
        return self.id.rpartition("-")[0]

    @property
    def reacted(self) -> list[Reaction]:
        """How people reacted to it."""
        return [each for each in reactions(json.loads(self.reactions or "{}")) if each.people]


class ShownFile(NamedTuple):
    """A file in a message, as `Attachment.description` has it, with its id on the page and where it is read."""

    id: str
    address: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    ready: bool

    @property
    def box(self) -> tuple[int, int]:
        """The place that its thumbnail takes, in CSS pixels; it is kept before that is there."""
        width, height = self.width or 1, self.height or 1
        scale = min(1, THUMBNAIL[0] / 2 / width, THUMBNAIL[1] / 2 / height)
        return max(1, round(width * scale)), max(1, round(height * scale))


@lru_cache(MINUTES)
def _render_time(minute: datetime, *_read_in: str | None) -> SafeString:
    """The time of what was posted in one minute: to format dates is most of what a message's markup takes."""
    return render_to_string("parlour_rooms/message.html#time", {"minute": minute})


@lru_cache(ROOMS)
def _render_act(key: str, actions: str, by_post: bool, _language: str | None) -> SafeString:
    context = {"key": key, "actions": actions, "by_post": by_post}
    return render_to_string("parlour_rooms/message.html#act", context)


@lru_cache(AVATARS)
def _render_avatar(author_id: Any, author: str) -> SafeString:
    return render_to_string("parlour_rooms/message.html#avatar", {"author_id": author_id, "author": author})


@lru_cache(ROOMS)
def _text_pattern(key: str, actions: str, continues: bool, mark: str, by_post: bool, language: str | None) -> str:
    """A message that is only a text, as a pattern for `format_html`: to render each takes five times as long."""
    fields = {name: format_html("{{{}}}", name) for name in ("author_id", "author", "avatar", "linked_time", "body")}
    act = _render_act(key, actions, by_post, language)
    same = {"id": f"{key}-{{pk}}", "continues": continues, "mark": mark, "html": True, "act": act}
    return render_to_string("parlour_rooms/message.html#message", {"message": {**fields, **same}})


@lru_cache(RENDERED)
def _render_message(
    row: Any, files: tuple[ShownFile, ...], key: str, actions: str, by_post: bool, language: str | None, zone: str
) -> SafeString:
    """The markup of a row, all that the database has of it, in the language and zone that are active."""
    row = _converted(row)
    author = row.author, _author(row), str(MARKS.get(row.mark, ""))
    times = row.created, row.previous_at, row.heading_at
    states = row.edited, row.deleted, row.pinned, row.quote_json, row.reactions_json
    shown = *author, *times, row.html, *states, files
    message = ShownMessage(f"{key}-{row.pk}", row.pk, *shown, actions, by_post, language, zone)
    return message.markup


class RoomStream(LogStream):
    """What was posted, in order. A page begins at the newest, or `around` the message with that number."""

    around: int | None = None
    unread: UnreadStream | None = None
    new_from: Any = None  # the primary key of the first message that the reader of a page had not read when it loaded

    def __init__(self, room: Room, region: RoomRegion) -> None:
        super().__init__(room.stream, region)
        self.room = room
        self.at, self.by_post = region.at, region.by_post

    def select(self, order: str, most: int, hidden: bool = False, **lookups: int) -> list[Any]:
        marks = {SOMEBODY - n: value for n, value in enumerate([self.room.pk, *lookups.values()])}
        return [*map(_row_type()._make, _messages(order, most, *lookups).rows(marks))]

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        self.new_from, number = self.unread.first() if self.unread else (None, 0)
        day = today(variant.zone)
        if self.around is None:
            painted = super().paint(variant, seq)
            far = self.new_from if number <= (painted["older"] or 0) else None
            return {**painted, "seq": seq, "first_unread": far, "today": day}  # that is on an earlier page
        before, older = self.page(variant, self.around, AROUND + 1)
        after, last = self.page_after(variant, self.around, seq, AROUND)
        gap = self.break_after(last, seq) if last else ""
        return {"markup": format_html("{}{}{}", before, after, gap), "older": older, "today": day}

    def break_after(self, last: Any, upto: int) -> SafeString:
        """What stands on such a page between the `last` row shown and what was posted after `upto`."""
        context = {"region": self.ids, "at": self.at, "last": last, "upto": upto}
        return render_to_string("parlour_rooms/message.html#gap", context)

    def row(self, row: Any) -> SafeString:
        return self.drawer()(row)

    def drawer(self) -> Callable[[Any], SafeString]:
        read = translation.get_language(), timezone.get_current_timezone_name()
        page = self.ids.key, self.actions, self.by_post, *read
        new_from = self.new_from if self.unread else None

        def drawn(row: Any) -> SafeString:
            files = tuple(self._file(row.pk, **each) for each in json.loads(row.files_json)) if row.files_json else ()
            message = _render_message(row, files, *page)
            return self.unread.line() + message if self.unread and row.pk == new_from else message

        return drawn

    @cached_property
    def actions(self) -> str:
        return address(f"{self.at.urls}:actions", self.at.argument)

    def _file(self, message: int, pk: int, **described: Any) -> ShownFile:
        return ShownFile(self.ids.id(f"{message}-{pk}"), self.file_address(pk), **described)

    def file_address(self, pk: int) -> str:
        """Where a file in the room is read."""
        return reverse("parlour_rooms:file", args=[self.at.argument, pk])

    def announce(self, added: Sequence[Any]) -> str:
        """Nobody is typing what has just arrived; a screen reader hears the newest, and how many there are."""
        if not added:
            return ""
        last = _converted(added[-1])
        newest = format_html("{}: {}", _author(last), " ".join(last.text.split())[:200])
        if len(added) == 1:  # its writer's own style sheet keeps it from being read to its writer
            text = format_html('<span data-author="{}">{}</span>', last.author, newest)
        else:
            many = ngettext("{n} new message.", "{n} new messages.", len(added)).format(n=len(added))
            text = format_html("{} {}", many, newest)
        return self.ids.inner("typing", "") + self.ids.inner("announce", text)

    def older(self, upto: int | None) -> str:
        context = {"region": self.ids, "at": self.at, "by_post": self.by_post, "upto": upto}
        return self.ids.replaced(render_to_string("parlour_rooms/message.html#more", context))


@lru_cache(ROOMS)
def _render_title(language: str, company: Sequence[Any], *values: Any) -> SafeString:
    room = Room(**dict(zip(ON_TOP, values, strict=True)))
    room.company = [{"pk": pk, "name": name} for pk, name in company]
    with translation.override(language):
        return render_to_string(TitleStream.template, {"room": room})


@cache
def _messages(order: str, most: int, *lookups: str) -> KeptQuery:
    """Bare tuples: fifty models with their authors would take longer than all else on a page."""
    texts = {name: Cast(field, TextField()) for name, field in JSON.items()}
    marks = {name: SOMEBODY - n for n, name in enumerate(["room", *lookups])}
    held = {name: f"{name}_held" for name in MOMENTS}
    moments = {held[name]: AsHeld(name) for name in MOMENTS}
    messages = Message.objects.annotate(mark=mark("author__"), **texts, **moments).filter(**marks).order_by(order)
    return KeptQuery(messages.values_list(*(held.get(name, name) for name in _row_type()._fields))[:most])


@cache
def _row_type() -> Any:
    return namedtuple("Row", [*FIELDS, *name_fields("author__")])


def _converted(row: Any) -> Any:
    """A row with what Python has for what the database holds."""
    return next(_row_type()(*each) for each in _messages("-seq", 1).converted([row]))


def _author(row: Any) -> str:
    return name_in(row[len(FIELDS) :])


class TitleStream(StateStream):
    """What the room is called and what is pinned there, when it changes. Its rules change on the same stream."""

    template = "parlour_rooms/room.html#title"
    part = "head"

    def __init__(self, room: Room, region: Region) -> None:
        heads = [room.rules_stream, room.pins, *object_heads(room.model, room.object_id)]
        super().__init__(room.rules_stream, region, heads)
        self.room = room

    def drawn(self, variant: Any, context: dict[str, Any]) -> SafeString:
        room = context["room"]
        company = tuple((each["pk"], each["name"]) for each in room.company) if room.is_direct else ()
        return _render_title(variant.language, company, *(getattr(room, name) for name in ON_TOP))

    def present(self) -> dict[str, Any]:
        room = Room.objects.filter(pk=self.room.pk).first() or self.room
        if room.is_on_object and room.thing is not None:
            room.title = Room.title_of(room.thing)
        name_people([room])
        return {"room": room, "pinned": pinned_in(room)}

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        pinned = pinned_in(self.room) if seq else []  # else nothing ever was
        if not hasattr(self.room, "company"):
            name_people([self.room])
        markup = self.drawn(variant, {"room": self.room})  # it was read for this very page
        return {"markup": markup, "pins": self.pins(pinned)}

    def pins(self, pinned: Sequence[dict[str, Any]]) -> str:
        context = {"region": self.ids, "pinned": pinned}
        return render_to_string("parlour_rooms/pins.html#list", context) if pinned else ""

    def extras(self, context: dict[str, Any]) -> str:
        room, pins = context["room"], self.ids.inner("pins", self.pins(context["pinned"]))
        return pins + ("" if room.is_on_object or room.is_direct else self.ids.title(f"{room.title} · Parlour"))
