"""Who is alerted of a message: those it mentions by `@name`, and those who want to be told of everything."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from alerts import add_alert, audience_source
from parlour import Change, Lease, name_of, rate_limit
from rooms.models import Membership, Message, NotificationLevel, Room, written_out
from rooms.names import bearing, guests, is_guest, stored
from rooms.object_rules import rules
from rooms.permissions import readers, rights

MOST = 20  # names looked up for one text
RATE = "0.2/20"  # people told by one author: a second / at once
GUEST_RATE = "0.1/5"
TOO_MANY = _("Nobody was alerted: you have mentioned many people just now. Everybody here can read it.")
MENTIONED, NEWS = _("{actor} mentioned you in {room}"), _("New in {room}")
NOT_HERE = _("Nobody was alerted: a guest's mention reaches those who are here or have written here.")
_AT = re.compile(r"(?<!\w)@(\w[\w.+-]*(?: \w[\w.+-]*){0,2})")
Level = NotificationLevel.Level
ROOM = Cast("room", CharField())


class Listeners(NamedTuple):
    """Those who want to be told of everything in a room."""

    audience: str


@audience_source("members.{id}")
def members(people: Collection[Any]) -> Any:
    """Members are told what the room is told: `notify(room, …)`."""
    return Membership.objects.filter(person__in=people).values_list("person", ROOM)


@audience_source("user.{person}/room.{id}")
def told_in_rooms(people: Collection[Any]) -> Any:
    """What somebody was told in a room is theirs as long as they may read it."""
    return _readable(people).values_list("person", ROOM)


@audience_source("user.{person}/object.{id}")
def told_on_objects(people: Collection[Any]) -> Any:
    """The same for rooms on objects, whose rules are asked one by one; nothing is asked where no model has a rule."""
    if not rules:
        return ()
    levels = NotificationLevel.objects.filter(person__in=people, room__access=Room.Access.OBJECT)
    levels = levels.select_related("person", "room")
    return [(level.person_id, level.room_id) for level in levels if rights(level.person, level.room).read]


@audience_source("listeners.{id}")
def listeners(people: Collection[Any]) -> Any:
    """Those who want to be told of everything."""
    return _readable(people).filter(level=Level.EVERYTHING).values_list("person", ROOM)


def _readable(people: Collection[Any]) -> Any:
    """The levels of these people for rooms that they may read: `rights`, asked for many rooms in one query."""
    guest, is_open = guests("person__"), Q(room__access=Room.Access.OPEN)
    member = Exists(Membership.objects.filter(room=OuterRef("room"), person=OuterRef("person")))
    is_member = Q(member, room__access=Room.Access.MEMBERS)
    may_read = Q(guest, is_open, ~Q(room__guests=Room.Guests.NONE)) | Q(~guest, is_open | is_member)
    return NotificationLevel.objects.filter(may_read, person__in=people)


def named_in(text: str, room: int) -> dict[str, Any]:
    """The people whom names in a text belong to, by casefolded name, among those who may read the room.

    A name is what somebody signs in with, or a display name that only one of them bears.
    """
    place = Room.objects.filter(pk=room).first()
    wanted = {name.casefold() for words in _AT.findall(text)[:MOST] for name in _possible_names(words)}
    if place is None or not wanted:
        return {}
    allowed = list(readers(bearing(wanted), place)[: 5 * MOST])
    bearers = Counter(name_of(person).casefold() for person in allowed)
    names = {name: person.pk for person in allowed if bearers[name := name_of(person).casefold()] == 1}
    names |= {person.get_username().casefold(): person.pk for person in allowed if not is_guest(person)}
    return {name: pk for name, pk in names.items() if name in wanted}


def _possible_names(words: str) -> list[str]:
    """ "Ann Lee says" may name "Ann", "Ann Lee" or "Ann Lee says"; a full stop may end the sentence."""
    parts = words.split(" ")
    names = [" ".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return [*names, *(name.rstrip(".+-") for name in names)]


def alert(change: Change, posted: Sequence[tuple[Any, frozenset[Any]]]) -> None:
    """Tell of messages that are about to be stored; each comes with the people it mentions."""
    if not posted:
        return
    rooms = [*{row.room_id for row, _ in posted}]
    concerned = [stored(pk) for pk in {pk for row, mentioned in posted for pk in (row.author_id, *mentioned)}]
    condition = "room_id IN (%s) AND (person_id IN (%s) OR level = %s)"
    levels: dict[int, dict[Any, str]] = defaultdict(dict)
    for each in written_out(NotificationLevel, condition, rooms, concerned, Level.EVERYTHING.value):
        levels[each.room_id][each.person_id] = each.level
    for row, mentioned in posted:
        told = _alert_mentioned(change, row, mentioned - {row.author_id}, levels[row.room_id])
        _alert_listeners(change, row, told, levels[row.room_id])


def _alert_mentioned(change: Change, row: Message, mentioned: Collection[Any], levels: Mapping[Any, str]) -> set[Any]:
    """Tell those who are mentioned and want to know. Returns who was told."""
    told = _to_be_told(row, mentioned, levels) if mentioned else []
    if told:
        chosen = [NotificationLevel(room=row.room, person=person) for person in told]
        fresh = [each for each in chosen if each.person_id not in levels]
        change.then(lambda: _follow_room(fresh))
        title, key = _worded(MENTIONED, row.room), f"{row.author_id}-{row.room_id}"
        add_alert(change, chosen, "mention", title, key=key, body=row.plain, about=row, actor=row.author)
    return {person.pk for person in told}


def _follow_room(fresh: Sequence[NotificationLevel]) -> None:
    """What somebody is told within a room is theirs from now on, as long as they may read it."""
    NotificationLevel.objects.bulk_create(fresh, ignore_conflicts=True)


def _alert_listeners(change: Change, row: Message, told: Collection[Any], levels: Mapping[Any, str]) -> None:
    listening = {pk for pk, level in levels.items() if level == Level.EVERYTHING}
    if listening:
        listeners, title, key = Listeners(row.room.listeners), _worded(NEWS, row.room), f"room-{row.room_id}"
        spared = listening & {row.author_id, *told}
        add_alert(change, listeners, "room", title, key=key, but=spared, body=row.plain, about=row, actor=row.author)


def _worded(words: Any, room: Room) -> str:
    """An alert's title is stored, and one for all who are told: it is in the language of the site."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(words).replace("{room}", room.title)


def _to_be_told(row: Message, mentioned: Collection[Any], levels: Mapping[Any, str]) -> list[Any]:
    """Those who are told; nobody where their author has mentioned too many. Says why on the message."""
    people = get_user_model()._default_manager.filter(pk__in=mentioned, is_active=True)
    told = [person for person in readers(people, row.room) if levels.get(person.pk) != Level.NOTHING]
    guest = is_guest(row.author)
    if guest and told:
        told = _near(row.room, told)
        row.unheard = "" if told else NOT_HERE
    if told and not rate_limit("mention", row.author_id, GUEST_RATE if guest else RATE).take(len(told)):
        told, row.unheard = [], TOO_MANY
    return told


def _near(room: Room, people: Sequence[Any]) -> list[Any]:
    """Those who are in the room now or have written there."""
    inside = set(Lease.objects.living(room.people).values_list("holder", flat=True))
    written = set(Message.objects.filter(room=room, author__in=people).values_list("author", flat=True).distinct())
    return [person for person in people if person.pk in written or str(person.pk) in inside]
