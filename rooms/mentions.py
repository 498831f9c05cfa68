"""`@name` in a message: who is meant, and who is told."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Q

from accounts.names import folded
from alerts.telling import tell
from parlour import Change, Lease, rate_limit
from rooms import access, words
from rooms.models import Attention, Message, Room


class Listeners(NamedTuple):
    """Those who want to hear everything of a room."""

    audience: str


MOST = 20  # names looked up for one text
RATE = "0.2/20"  # people told by one author: a second / at once
GUEST_RATE = "0.1/5"
TOO_MANY = "Nobody was alerted: you have mentioned many people just now. Everybody here can read it."
NOT_HERE = "Nobody was alerted: a guest's mention reaches those who are here or have written here."
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
    readers = list(access.readers(people, room)[: 5 * MOST])
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
    concerned = {pk for row, meant in said for pk in (row.author_id, *meant)}
    found = Attention.objects.filter(room__in={row.room_id for row, _ in said})
    found = found.filter(Q(person__in=concerned) | Q(level=Attention.Level.EVERYTHING))
    levels: dict[int, dict[int, str]] = defaultdict(dict)
    for room, person, level in found.values_list("room", "person", "level"):
        levels[room][person] = level
    for row, meant in said:
        _alert(change, row, meant, levels[row.room_id])


def _alert(change: Change, row: Message, meant: frozenset[int], levels: Mapping[int, str]) -> None:
    about: dict[str, Any] = {"body": row.plain, "about": row, "actor": row.author}
    told = _heard(row, meant - {row.author_id}, levels) if meant else []
    if told:
        change.then(partial(_attend, [each for each in told if each.person_id not in levels]))
        title, key = f"{{actor}} mentioned you in {row.room.title}", f"{row.author_id}-{row.room_id}"
        tell(change, told, "mention", title, key=key, **about)
    listening = {pk for pk, level in levels.items() if level == Attention.Level.EVERYTHING}
    if listening:
        spared = listening & {row.author_id, *(each.person_id for each in told)}
        listeners, title = Listeners(row.room.listeners), f"New in {row.room.title}"
        tell(change, listeners, "room", title, key=f"room-{row.room_id}", but=spared, **about)


def _attend(fresh: Sequence[Attention]) -> None:
    """What is told within the room is theirs from now on, as long as they may read it."""
    Attention.objects.bulk_create(fresh, ignore_conflicts=True)


def _heard(row: Message, meant: Collection[int], levels: Mapping[int, str]) -> list[Attention]:
    """The attention of those who are told; nobody where their author has named too many. Says so on the message."""
    people = get_user_model()._default_manager.filter(pk__in=meant, is_active=True)
    told = [person for person in access.readers(people, row.room) if levels.get(person.pk) != Attention.Level.NOTHING]
    guest = row.author.is_guest
    if guest and told:
        told = _near(row.room, told)
        row.unheard = "" if told else NOT_HERE
    if told and not rate_limit("mention", row.author_id, GUEST_RATE if guest else RATE).take(len(told)):
        told, row.unheard = [], TOO_MANY
    return [Attention(room=row.room, person=person) for person in told]


def _near(room: Room, people: Sequence[Any]) -> list[Any]:
    """Those who are in the room now or have spoken there."""
    inside = set(Lease.objects.living(room.people).values_list("holder", flat=True))
    spoken = set(Message.objects.filter(room=room, author__in=people).values_list("author", flat=True).distinct())
    return [person for person in people if person.pk in spoken or str(person.pk) in inside]
