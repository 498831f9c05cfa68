"""`@name` in a message: who is meant, and who is told."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Q

from accounts.names import folded
from alerts.telling import tell
from parlour.changes import Change
from rooms import access, words
from rooms.models import Attention, Message, Room


class Listeners(NamedTuple):
    """Those who want to hear everything of a room."""

    audience: str


MOST = 20  # names looked up for one text
_AT = re.compile(r"(?<!\w)@(\w[\w.+-]*(?: \w[\w.+-]*){0,2})")


def marked(text: str, room: Room | None) -> tuple[str, frozenset[int]]:
    """The markup of a text with its mentions marked, and the primary keys of those who are meant."""
    people = named(text, room) if room is not None and "@" in text else {}
    meant: set[int] = set()
    return words.markup(text, people, meant), frozenset(meant)


def named(text: str, room: Room) -> dict[str, int]:
    """Whom the names in a text belong to, by casefolded name, among those who may read the room.

    A name is what somebody signs in with, or a display name that only one of them bears.
    """
    wanted = {name.casefold() for found in _AT.findall(text)[:MOST] for name in _beginnings(found)}
    keys = {folded(name) for name in wanted} - {""}
    people = get_user_model()._default_manager.filter(Q(username_key__in=keys) | Q(name_key__in=keys), is_active=True)
    readers = [person for person in people[: 5 * MOST] if access.may_read(person, room)]
    shown = Counter(person.display_name.casefold() for person in readers)
    found = {name: person.pk for person in readers if shown[name := person.display_name.casefold()] == 1}
    found |= {person.username.casefold(): person.pk for person in readers if not person.is_guest}
    return {name: pk for name, pk in found.items() if name in wanted}


def _beginnings(found: str) -> list[str]:
    """ "Ann Lee says" may name "Ann", "Ann Lee" or "Ann Lee says"; a full stop may end the sentence."""
    parts = found.split(" ")
    names = [" ".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return [*names, *(name.rstrip(".+-") for name in names)]


def alert(change: Change, said: Sequence[tuple[Any, frozenset[int]]]) -> None:
    """Tell of messages that are about to be stored: those who are meant, and those who want to hear everything."""
    rooms = {row.room_id for row, _ in said}
    levels: dict[int, dict[int, str]] = defaultdict(dict)
    for room, person, level in Attention.objects.filter(room__in=rooms).values_list("room", "person", "level"):
        levels[room][person] = level
    everybody = {pk for _, meant in said for pk in meant}
    people = get_user_model()._default_manager.filter(is_active=True).in_bulk(everybody) if everybody else {}
    for row, meant in said:
        _alert(change, row, [people[pk] for pk in meant if pk in people], levels[row.room_id])


def _alert(change: Change, row: Message, meant: Collection[Any], levels: Mapping[int, str]) -> None:
    about: dict[str, Any] = {"body": row.plain, "about": row, "actor": row.author}
    told = [person for person in meant if person.pk != row.author_id and _hears(person, row.room, levels)]
    if told:
        tell(change, told, "mention", f"{row.author.name} mentioned you in {row.room.title}", **about)
    if Attention.Level.EVERYTHING in levels.values():
        spared = {row.author_id, *(person.pk for person in told)} & set(levels)
        listeners, title = Listeners(row.room.listeners), f"New in {row.room.title}"
        tell(change, listeners, "room", title, key=f"room-{row.room_id}", but=spared, **about)


def _hears(person: Any, room: Room, levels: Mapping[int, str]) -> bool:
    return levels.get(person.pk) != Attention.Level.NOTHING and access.may_read(person, room)
