"""What people have not read: how far each has read each room, and how many messages followed.

Somebody has a position in a room from the first time they read it, or from when they became a member. While they have
the room in front of them it moves with what arrives, and is stored a moment later, for everybody at once.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Subquery
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from alerts.streams import counted
from parlour import Answer, Change, Region, Stream, live_write, revoke, submit
from rooms.actions import action
from rooms.direct import title_for
from rooms.models import SOMEBODY, Membership, Message, ReadPosition, Room
from rooms.permissions import Pair, Rights, readable
from rooms.rows import KeptQuery, stored

log = logging.getLogger("parlour")
MOST = 100  # messages counted; a page says "99+"
STORED_AFTER = 0.3  # seconds in which positions gather
SQL_PAIRS = 5000  # counted by one statement
COUNTS = """
WITH asked (person, room) AS (VALUES {}) SELECT asked.person, asked.room, (SELECT COUNT(*) FROM (
  SELECT 1 FROM parlour_rooms_message AS message WHERE message.room_id = asked.room AND message.seq > position.seq
  AND message.author_id <> asked.person AND message.deleted IS NULL LIMIT {}
) AS unread) FROM asked JOIN parlour_rooms_readposition AS position
ON position.person_id = asked.person AND position.room_id = asked.room"""
MOVE = """
WITH reading (person, room, seq) AS (VALUES {})
INSERT INTO parlour_rooms_readposition AS position (person_id, room_id, seq, at)
SELECT reading.person, room.id, reading.seq, %s FROM reading
JOIN parlour_rooms_room AS room ON room.id = reading.room
JOIN {} AS known ON known.{} = reading.person WHERE true ORDER BY reading.person, room.id
ON CONFLICT (person_id, room_id) DO UPDATE SET seq = excluded.seq, at = excluded.at
WHERE position.seq < excluded.seq AND position.at <= excluded.at RETURNING person_id"""
_SOME_ROOM = SOMEBODY - 1  # of whose primary key no room is


def read_stream(person: Any) -> str:
    """The stream that moves when somebody (a primary key) has read some of a room, or marked it unread."""
    return f"read.{person}"


def move(read: Mapping[Pair, int], at: datetime | None = None) -> None:
    """Store that people had read rooms up to these numbers `at` this time, or now.

    Nobody's position moves back, and none that was marked unread since then moves.
    """
    if read and (fresh := _move(read, at or timezone.now())):
        revoke(*fresh)  # their pages follow these rooms too, from now on


@live_write
def _move(change: Change, read: Mapping[Pair, int], at: datetime) -> set[Any]:
    """Returns who had no position there."""
    people = {stored(person): person for person, _ in read}
    positions = ReadPosition.objects.filter(person__in=people, room__in={room for _, room in read})
    known = set(positions.values_list("person", "room"))
    values = [part for (person, room), seq in read.items() for part in (stored(person), room, seq)]
    with connection.cursor() as cursor:
        values.append(connection.ops.adapt_datetimefield_value(at))
        who = get_user_model()._meta
        known_by = connection.ops.quote_name(who.db_table), connection.ops.quote_name(str(who.pk.column))
        cursor.execute(MOVE.format(", ".join(["(%s, %s, %s)"] * len(read)), *known_by), values)
        change.touch(*{read_stream(people[person]) for (person,) in cursor.fetchall()})
    return {person for person, room in read if (person, room) not in known}


_waiting: dict[asyncio.AbstractEventLoop, dict[Any, int]] = {}  # by page


def read_soon(page: Any, seq: int) -> None:
    """Store in a moment, with what others read meanwhile, that who sits at a page has read its room up to `seq`.

    It is called for every message and reader, and so only notes that.
    """
    loop = page.loop
    if loop not in _waiting:
        _waiting[loop] = {}
        loop.call_later(STORED_AFTER, _store, loop, timezone.now())
    _waiting[loop][page] = seq


def _store(loop: asyncio.AbstractEventLoop, at: datetime) -> None:
    read: dict[Pair, int] = {}
    for page, seq in _waiting.pop(loop).items():
        if page.region.unread:
            pair = page.person.pk, page.region.room.pk
            read[pair] = max(seq, read.get(pair, 0))
    submit(move, read, at).add_done_callback(_stored)


def _stored(storing: Future[None]) -> None:
    if error := storing.exception():
        log.error("what people have read could not be stored", exc_info=error)


def may_mark(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Whoever is signed in; what a page without a sign-in has read is nobody's."""
    return bool(person.is_authenticated) and message.deleted is None


@action("unread", may_mark)
def mark_unread(person: Any, room: Room, rights: Rights, message: Message, value: str) -> str:
    """Have a message and what follows it count as unread; its page tells its socket so too."""
    if _move_back(person, room, (message.seq or 1) - 1):
        revoke(person.pk)
    return gettext("Unread from here on.")


@live_write
def _move_back(change: Change, person: Any, room: Room, seq: int) -> bool:
    """Returns whether they had no position there."""
    change.touch(read_stream(person.pk))
    row = {"seq": seq, "at": timezone.now()}
    return ReadPosition.objects.update_or_create(person=person, room=room, defaults=row)[1]


def follow(memberships: Iterable[Membership]) -> None:
    """Whoever is added to a room has read it so far."""
    newest = {room.pk: Message.objects.newest(room.pk) for room in {each.room for each in memberships}}
    seqs = {pk: row.seq or 0 if row else 0 for pk, row in newest.items()}
    move({(each.person_id, each.room_id): seqs[each.room_id] for each in memberships})


# How much they have not read


def count(asked: Collection[Pair]) -> dict[Pair, int]:
    """How many lines of others, up to MOST, somebody has not read in a room: of the pairs that have a position."""
    people, pairs, found = {stored(person): person for person, _ in asked}, [*asked], {}
    for start in range(0, len(pairs), SQL_PAIRS):
        some = pairs[start : start + SQL_PAIRS]
        with connection.cursor() as cursor:
            values = [part for person, room in some for part in (stored(person), room)]
            cursor.execute(COUNTS.format(", ".join(["(%s, %s)"] * len(some)), MOST), values)
            found.update({(people[person], room): n for person, room, n in cursor.fetchall()})
    return found


class Counts:
    """What was counted last, until a head moves on which it depends."""

    def __init__(self) -> None:
        self.known: dict[Any, dict[int, tuple[int, int]]] = {}  # by person and room: the heads then, the lines

    def of(self, asked: Mapping[Any, Iterable[int]], heads: Mapping[str, int]) -> dict[Any, dict[int, int]]:
        """By person and room, what is unread in these rooms of people; 0 where they have no position."""
        now = {
            (who, room): heads[f"room.{room}"] + heads[read_stream(who)] for who, in_ in asked.items() for room in in_
        }
        stale = [pair for pair, seq in now.items() if self.known.get(pair[0], {}).get(pair[1], (-1, 0))[0] != seq]
        known, counted = {who: self.known.setdefault(who, {}) for who in asked}, count(stale)
        for who, room in stale:
            known[who][room] = now[who, room], counted.get((who, room), 0)
        return {who: {room: known[who][room][1] for room in rooms} for who, rooms in asked.items()}


def followed(asked: Collection[tuple[Any, Room]]) -> dict[Pair, list[int]]:
    """The rooms whose unread lines are counted on the page of a room, for each person (a primary key) and room.

    That is this room, if they have a position there, and others which they may read, those read last first: as many
    as ROOMS_COUNTED_BESIDE says.
    """
    people = {stored(person): person for person, _ in asked}
    found: dict[Any, list[int]] = {person: [] for person in people.values()}
    if people:
        values = dict(zip(map(stored, _some_people(len(people))), people, strict=True))
        for person, pk in _followed_by(len(people)).rows(values):
            found[people[person]].append(pk)
    unlisted = {room.pk for _, room in asked if room.archived or room.is_on_object}
    here: set[Pair] = set()
    if unlisted:
        here = {*ReadPosition.objects.filter(person__in=found, room__in=unlisted).values_list("person", "room")}
    return {
        (person, room.pk): nearest([*found[person], *[room.pk] * ((person, room.pk) in here)], room.pk)
        for person, room in asked
    }


def read_last(rooms: Iterable[Room]) -> list[int]:
    """Of rooms with `read_at`, the primary keys of those where the person has a position, read last first."""
    read = [room for room in rooms if getattr(room, "read_at", None)]
    return [room.pk for room in sorted(read, key=attrgetter("read_at"), reverse=True)]


def nearest(rooms: Sequence[int], here: int) -> list[int]:
    """Of a person's rooms, those read last first, the one that is `here` and as many others as are counted."""
    others = [pk for pk in rooms if pk != here][: getattr(settings, "ROOMS_COUNTED_BESIDE", 0)]
    return [here, *others] if here in rooms else others


@lru_cache(64)  # rights are checked again of some forty people at once: to build this would be half of what that takes
def _followed_by(many: int) -> KeptQuery:
    positions = ReadPosition.objects.filter(person__in=_some_people(many))
    rows = readable(positions.filter(room__archived=None))
    return KeptQuery(rows.order_by("-at").values_list("person", "room"))


@cache
def _first_new() -> KeptQuery:
    position = ReadPosition.objects.filter(room=_SOME_ROOM, person=SOMEBODY).values("seq")
    new = Message.objects.filter(room=_SOME_ROOM, deleted=None, seq__gt=Subquery(position)).exclude(author=SOMEBODY)
    return KeptQuery(new.order_by("seq").values_list("pk", "seq")[:1])


def _some_people(many: int) -> list[int]:
    return [SOMEBODY - 1 - n for n in range(many)]


class UnreadStream(Stream):
    """How much a reader has not read: of this room, in the page's title and on the button to the newest line.

    Of other rooms it fills the elements `<key>-unread-<primary key>`, where a page lists them.
    """

    part = "newest"
    delay = 1.0  # by then what the reader has in front of them is stored as read

    def __init__(self, room: Room, region: Region, person: Any, rooms: Iterable[int]) -> None:
        heads = [read_stream(person.pk), room.rules_stream, *(f"room.{pk}" for pk in rooms)]
        super().__init__("unread", region, heads)
        self.room, self.person = room, person
        self.named = -1, room  # since when it has been called so

    def variant(self, person: Any) -> Any:
        return super().variant(person)._replace(own=str(person.pk))

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        """`n` lines here, `others` by room, and the page's `title`."""
        others = {room: n for room, n in self.painted.items() if room != self.room.pk}
        n = self.painted.get(self.room.pk, 0)
        title = counted(f"{title_for(self.person, self.room)} · Parlour", n)
        return {"markup": _newest(n, variant.language), "n": n, "others": others, "title": title}

    @cached_property
    def painted(self) -> dict[int, int]:
        """What the page that is being loaded shows, by room."""
        counts = count([(self.person.pk, room) for room in _rooms(self.heads)])
        return {room: n for (_, room), n in counts.items()}

    @cached_property  # one of many is asked for all, and the others need none of this
    def counts(self) -> Counts:
        return Counts()

    @cached_property
    def shown(self) -> dict[Any, dict[Any, tuple[int, dict[Any, Any]]]]:
        """By reader and the heads they follow: up to which number, and what."""
        return {}

    def first(self) -> tuple[Any, Any]:
        """The primary key and number of the first message here that the reader has not read; (None, 0) for none."""
        if not self.painted.get(self.room.pk):
            return None, 0
        found = _first_new().rows({stored(SOMEBODY): stored(self.person.pk), _SOME_ROOM: self.room.pk})
        return next(iter(found), (None, 0))

    def line(self) -> SafeString:
        """The line before it."""
        return render_to_string("parlour_rooms/unread.html#line", {"id": self.ids.id("new")})

    def since(self, asks: Sequence[Any], heads: dict[str, int]) -> Answer:
        seqs = {ask: sum(heads[name] for name in ask.heads) for ask in asks}
        fragments = dict.fromkeys(asks, "")
        behind = {ask: person_of(ask.variant.own) for ask in asks if ask.cursor != seqs[ask]}
        asked: dict[Any, set[int]] = {}
        for ask, person in behind.items():
            asked.setdefault(person, set()).update(_rooms(ask.heads))
        counts, named = self.counts.of(asked, heads), self._room_now(heads)[0]
        for ask, person in behind.items():
            now: dict[Any, Any] = {room: counts[person][room] for room in _rooms(ask.heads)}
            if not self.room.is_on_object:
                now["title"] = named, now.get(self.room.pk, 0)  # it is made only where one of them differs
            shown = self.shown.setdefault(ask.variant, {})
            seq, before = shown.get(ask.heads, (None, {}))
            known = before if seq == ask.cursor else {}
            changed = ((what, value) for what, value in now.items() if known.get(what) != value)
            fragments[ask] = "".join(self._fragment(what, value, ask.variant) for what, value in changed)
            shown[ask.heads] = seqs[ask], now
        return Answer(heads, fragments)

    def _room_now(self, heads: Mapping[str, int]) -> tuple[int, Room]:
        """The room with its name, which is asked for again when the head of its rules has moved, and that head."""
        seq = heads[self.room.rules_stream]
        if self.named[0] != seq:
            self.named = seq, Room.objects.filter(pk=self.room.pk).first() or self.room
        return self.named

    def _fragment(self, what: Any, value: Any, variant: Any) -> str:
        if what == "title":
            title = title_for(SimpleNamespace(pk=person_of(variant.own)), self.named[1])
            return self.ids.title(counted(f"{title} · Parlour", value[1]))
        language = variant.language
        if what == self.room.pk:
            return self.ids.inner(self.part, _newest(value, language))
        somewhere = f"unread-{what}, #{self.ids.id('others')}"  # the list may lack the room: htmx wants a target
        return self.ids.inner(somewhere, badge(value, language))

    def forget(self, variant: Any) -> None:
        self.counts.known.pop(person_of(variant.own), None)
        self.shown.pop(variant, None)


@lru_cache(1000)
def _rooms(heads: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(name.removeprefix("room.")) for name in heads if name.startswith("room."))


@lru_cache(10_000)
def person_of(pk: str) -> Any:
    """A person's primary key, from the text of a variant."""
    return get_user_model()._meta.pk.to_python(pk)


@lru_cache(1000)
def _newest(n: int, language: str) -> str:
    """What the button says that leads to the newest line."""
    with translation.override(language):
        return render_to_string("parlour_rooms/unread.html#newest", {"n": n})


@lru_cache(1000)
def badge(n: int, language: str) -> str:
    """How many lines are unread, beside the name of a room; nothing for 0."""
    with translation.override(language):
        return render_to_string("parlour_rooms/unread.html#badge", {"n": n})
