"""Who is typing: a line for those present that fades by itself and leaves no trace."""

from time import monotonic
from typing import Any

from django.template.loader import render_to_string

from parlour import name_of
from rooms.streams import RoomRegion

NAMED = 3
SHOWN = 6.0  # seconds; the style sheet hides the line after as long
_typing: dict[int, dict[Any, tuple[str, float]]] = {}  # by room and person: their name, and when they last typed


def stop(region: RoomRegion, person: Any) -> None:
    """Whoever sends types no more."""
    _typing.get(region.room.pk, {}).pop(person.pk, None)


def start(region: RoomRegion, person: Any) -> str:
    """The fragment that says who types in this room now, `person` among them, as far as this process knows."""
    now = monotonic()
    typists = {pk: each for pk, each in _typing.get(region.room.pk, {}).items() if now - each[1] < SHOWN}
    typists[person.pk] = (name_of(person), now)
    _typing[region.room.pk] = typists
    people = [{"pk": pk, "name": name} for pk, (name, _) in typists.items()]
    context = {"people": people if len(people) <= NAMED else [], "many": len(people) > NAMED}
    return region.inner("typing", render_to_string("parlour_rooms/room.html#typing", context))
