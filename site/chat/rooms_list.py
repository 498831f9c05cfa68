"""The first page: the rooms that somebody may see, nearest first, with who is there and what was said last, live."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from parlour import Consumer, Region, StateStream, people_in
from rooms.direct import name_people
from rooms.models import SOMEBODY, Message, Room, nearest_rooms
from rooms.rows import KeptQuery
from rooms.unread import UnreadStream, count, person_of, read_stream

LISTED = 30  # rooms on a page
LAST_PAGE = 99_999


class RoomListStream(StateStream):
    """These rooms as they are now, in the order of the page, and how much of each its reader has not read.

    A variant's `own` holds the reader and the rooms: "5 12 7" is for person 5, " 12 7" for nobody. What is said of a
    room is alike for all and rendered once.
    """

    template = "chat/home.html#rooms"
    part = "list"
    gap = 2.0
    delay = UnreadStream.delay

    def __init__(self, person: Any, rooms: Sequence[Room], region: Region) -> None:
        heads = [head for room in rooms for head in (room.stream, room.people, room.rules_stream)]
        own = [read_stream(person.pk)] if person.is_authenticated else []
        super().__init__("rooms", region, [*own, *heads])
        self.own = " ".join(map(str, (person.pk or "", *(room.pk for room in rooms))))

    def variant(self, person: Any) -> Any:
        return super().variant(person)._replace(own=self.own)

    def context(self, variants: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        people, listed = {}, {}
        for variant in variants:
            person, *pks = variant.own.split(" ")
            people[variant], listed[variant] = person and person_of(person), [int(pk) for pk in pks]
        rooms = _rooms({pk for pks in listed.values() for pk in pks})
        unread = count([(people[variant], pk) for variant, pks in listed.items() for pk in pks if people[variant]])
        lines: dict[Any, dict[int, Any]] = {}
        for language, zone in {variant[:2] for variant in variants}:
            with translation.override(language), timezone.override(zone):
                words = {pk: render_to_string("chat/home.html#room", {"room": room}) for pk, room in rooms.items()}
                lines[language, zone] = words
        return {
            variant: {
                "lines": [(lines[variant[:2]][pk], unread.get((people[variant], pk), 0)) for pk in pks if pk in rooms]
            }
            for variant, pks in listed.items()
        }


def _rooms(pks: Collection[int]) -> dict[int, Room]:
    """These rooms by primary key, with their last message and who is there."""
    marks = {SOMEBODY - n: pk for n, pk in enumerate(pks)}
    rooms = {room.pk: room for room in _rooms_query(*marks).instances(marks)} if pks else {}
    last = Message.objects.select_related("author").in_bulk([room.last_pk for room in rooms.values()])
    here = people_in(*(room.people for room in rooms.values()))
    for room in rooms.values():
        room.last = last.get(room.last_pk)
        room.here = here[room.people]
    name_people(rooms.values())
    return rooms


@lru_cache(100)
def _rooms_query(*pks: int) -> KeptQuery:
    return KeptQuery(Room.objects.with_last().filter(pk__in=pks))


class RoomListRegion(Region):
    """One page of the list. It is put together anew when a right of its reader changes, or one of its rooms."""

    def __init__(self, person: Any, page: int) -> None:
        super().__init__("home", f"/ws/home/{page}/", reverse("chat:home_panel", args=[page]))
        page = min(max(page, 1), LAST_PAGE)
        first = (page - 1) * LISTED
        rooms = list(nearest_rooms(person, first, LISTED + 1, bare=True))
        self.previous_page, self.next_page = page - 1, page + 1 if len(rooms) > LISTED else 0
        self.streams = [RoomListStream(person, rooms[:LISTED], self)]
        self.guards = [room.rules_stream for room in rooms]


class RoomListConsumer(Consumer):
    """A page that lists rooms."""

    @classmethod
    def key(cls, **_route: Any) -> str:
        return "home"

    @classmethod
    def authorize(cls, person: Any, page: int) -> RoomListRegion:  # type: ignore[override]
        return RoomListRegion(person, page)
