"""The first page: the rooms that somebody may see, nearest first, with who is there and what was said last, live."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from parlour import Consumer, Region, StateStream, people_in
from rooms.direct import name_people
from rooms.models import Message, Room

LISTED = 30  # rooms on a page


class RoomListStream(StateStream):
    """These rooms as they are now, in the order of the page. People whose pages list the same share the markup."""

    template = "chat/home.html#rooms"
    part = "list"
    gap = 2.0

    def __init__(self, rooms: Sequence[Room], region: Region) -> None:
        heads = [head for room in rooms for head in (room.stream, room.people, room.rules_stream)]
        super().__init__("rooms", region, heads)
        self.listed = " ".join(str(room.pk) for room in rooms)

    def variant(self, person: Any) -> Any:
        return super().variant(person)._replace(own=self.listed)

    def context(self, variants: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        listed = {variant: [int(pk) for pk in variant.own.split()] for variant in variants}
        rooms = Room.objects.with_last().in_bulk({pk for pks in listed.values() for pk in pks})
        last = Message.objects.select_related("author").in_bulk([room.last_pk for room in rooms.values()])
        here = people_in(*(room.people for room in rooms.values()))
        for room in rooms.values():
            room.last = last.get(room.last_pk)
            room.here = here[room.people]
        name_people(rooms.values())
        return {variant: {"rooms": [rooms[pk] for pk in pks if pk in rooms]} for variant, pks in listed.items()}


class RoomListRegion(Region):
    """One page of the list. It is put together anew when a right of its reader changes, or one of its rooms."""

    def __init__(self, person: Any, page: int) -> None:
        super().__init__("home", f"/ws/home/{page}/", reverse("chat:home_panel", args=[page]))
        first = (page - 1) * LISTED
        nearest = Room.objects.visible_to(person).nearest_to(person).only("pk")  # all that is sorted travels
        rooms = list(nearest[first : first + LISTED + 1])
        self.previous_page, self.next_page = page - 1, page + 1 if len(rooms) > LISTED else 0
        self.streams = [RoomListStream(rooms[:LISTED], self)]
        self.guards = [room.rules_stream for room in rooms]


class RoomListConsumer(Consumer):
    """A page that lists rooms."""

    @classmethod
    def key(cls, **_route: Any) -> str:
        return "home"

    @classmethod
    def authorize(cls, person: Any, page: int) -> RoomListRegion:  # type: ignore[override]
        return RoomListRegion(person, page)
