"""Direct conversations: of two to eight people, one room for each set of them, which has no title but their names.

Nobody manages one and nobody else can be let in; who is to be in it too gets another one.
"""

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from rooms.models import Membership, NotificationLevel, Room
from rooms.names import name_fields, name_in
from rooms.rows import stored

FEWEST, MOST = 2, 8  # people in one


def direct_room(people: Collection[Any]) -> Room:
    """The conversation of exactly these people, made when it is first asked for; everybody is told of what is said.

    Raises ValueError where these are too few or too many.
    """
    everybody = {str(stored(person.pk)): person for person in people}
    if not FEWEST <= len(everybody) <= MOST:
        raise ValueError(f"A conversation is of {FEWEST} to {MOST} people, not of {len(everybody)}.")
    key = hashlib.sha256("/".join(sorted(everybody)).encode()).hexdigest()
    title = ", ".join(sorted(name_in(getattr(person, name) for name in name_fields()) for person in everybody.values()))
    chosen = {"title": title[:80], "access": Room.Access.DIRECT, "guests": Room.Guests.NONE}
    room, _ = Room.objects.get_or_create(people_key=key, defaults=chosen)
    for person in everybody.values():
        levels: Any = NotificationLevel.objects
        levels.get_or_create(room=room, person=person, defaults={"level": NotificationLevel.Level.EVERYTHING})
        Membership.objects.get_or_create(room=room, person=person)
    return room


def title_for(person: Any, room: Room) -> str:
    """What this person's page of a room is called; a conversation by the others in it."""
    if not room.is_direct:
        return room.title
    if not hasattr(room, "company"):
        name_people([room])
    return ", ".join(each["name"] for each in room.company if each["pk"] != person.pk)


def name_people(rooms: Iterable[Room]) -> None:
    """Fill the `company` of direct ones among these rooms: who is in each, as dicts with `pk` and `name`."""
    direct = {room.pk: room for room in rooms if room.is_direct}
    if not direct:
        return
    rows = Membership.objects.filter(room__in=direct).values_list("room", "person", *name_fields("person__"))
    people = [(room, {"pk": pk, "name": name_in(names)}) for room, pk, *names in rows]
    for room in direct.values():
        room.company = []
    for pk, person in sorted(people, key=lambda each: each[1]["name"].casefold()):
        direct[pk].company.append(person)
