"""Who is alerted of a message: those it mentions, and those who want to be told of everything.

A mention is `@` and a name of somebody who may read the room. Who manages the room has `@here` for those who are in it
now, and `@everyone` for its members too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from alerts import add_alert, audience_source
from parlour import Change, name_of, rate_limit, written_out
from rooms.markup import Group, folded, names_after
from rooms.models import Membership, Message, NotificationLevel, Room
from rooms.names import bearing, is_guest
from rooms.people_here import holders
from rooms.permissions import banned, readable, readers, rights
from rooms.reading import readers_now
from rooms.rows import stored

MOST = 20  # mentions looked up for one text
MOST_HERE = 100  # people told by one `@here`
GROUP_COST = 10  # people that a group counts as
RATE = "0.2/20"  # people told by one author: a second / at once
GUEST_RATE = "0.1/5"
TOO_MANY = _("Nobody was alerted: you have mentioned many people just now. Everybody here can read it.")
MENTIONED, ANSWERED = _("{actor} mentioned you in {room}"), _("{actor} replied to you in {room}")
NEWS, DIRECT = _("New in {room}"), _("{actor} wrote to you")
NOT_HERE = _("Nobody was alerted: a guest's mention reaches those who are here or have written here.")
Level = NotificationLevel.Level
Reading = Callable[[Room], set[Any]]  # who has a room in front of them, asked once for all messages of a commit
ROOM = Cast("room", CharField())


class Listeners(NamedTuple):
    """Those who want to be told of everything in a room."""

    audience: str


@audience_source("members.{id}")
def members(people: Collection[Any]) -> Any:
    """Members are told what the room is told: `notify(room, …)`."""
    return Membership.objects.filter(~banned(), person__in=people).values_list("person", ROOM)


@audience_source("user.{person}/room.{id}")
def told_in_rooms(people: Collection[Any]) -> Any:
    """What somebody was told in a room is theirs as long as they may read it."""
    return readable(NotificationLevel.objects.filter(person__in=people)).values_list("person", ROOM)


def may_read(told: Collection[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Of people and rooms on objects, whose rules are asked one by one, those that go together."""
    people, rooms = ({*each} for each in zip(*told, strict=True))
    levels = NotificationLevel.objects.filter(person__in=people, room__in=rooms).select_related("person", "room")
    return [(each.person_id, str(each.room_id)) for each in levels if rights(each.person, each.room).read]


@audience_source("user.{person}/object.{id}", keep=may_read)
def told_on_objects(people: Collection[Any]) -> Any:
    """The same for rooms on objects."""
    levels = NotificationLevel.objects.filter(person__in=people, room__access=Room.Access.OBJECT)
    return levels.values_list("person", ROOM)


@audience_source("listeners.{id}")
def listeners(people: Collection[Any]) -> Any:
    """Those who want to be told of everything."""
    return readable(NotificationLevel.objects.filter(person__in=people, level=Level.EVERYTHING)).values_list(
        "person", ROOM
    )


def named_in(text: str, room: int, author: Any) -> dict[str, Any]:
    """Those whom an author may mention by what stands behind the text's "@", by folded name.

    A name is what somebody signs in with, or a display name that only one of those who may read the room bears.
    """
    in_room = Room.objects.filter(pk=room).first()
    marks = [at for at, sign in enumerate(text) if sign == "@"][:MOST]
    typed = {name for at in marks for _, name in names_after(text, at)}
    wanted = {folded(name) for name in typed}
    if in_room is None or not wanted:
        return {}
    allowed = list(readers(bearing(typed | wanted), in_room)[: 5 * MOST])
    bearers = Counter(folded(name_of(person)) for person in allowed)
    names = {name: person.pk for person in allowed if bearers[name := folded(name_of(person))] == 1}
    names |= {folded(person.get_username()): person.pk for person in allowed if not is_guest(person)}
    groups = {group.value: group for group in Group}
    writer = get_user_model()._default_manager.filter(pk=author) if wanted & groups.keys() else ()
    if any(rights(person, in_room).manage for person in writer):
        names |= groups
    return {name: mentioned for name, mentioned in names.items() if name in wanted}


def alert(change: Change, posted: Sequence[tuple[Any, frozenset[Any]]], edited: bool = False) -> None:
    """Tell of messages that are about to be stored; each comes with whom it mentions: primary keys and groups.

    Of one that is edited only those are told whom it mentions.
    """
    if not posted:
        return
    rooms = [*{row.room_id for row, _ in posted}]
    people = [_people(row, mentioned) for row, mentioned in posted]
    answered = {row.answers.author_id for row, _ in posted if row.answers}
    concerned = {row.author_id for row, _ in posted}.union(answered, *people)
    condition = "room_id IN (%s) AND (person_id IN (%s) OR level = %s)"
    levels: dict[int, dict[Any, str]] = defaultdict(dict)
    for each in written_out(NotificationLevel, condition, rooms, [*map(stored, concerned)], Level.EVERYTHING.value):
        levels[each.room_id][each.person_id] = each.level
    reading = cache(readers_now)
    for (row, mentioned), named in zip(posted, people, strict=True):
        if not (mentioned or row.answers or levels[row.room_id]):
            continue
        known, groups = levels[row.room_id], mentioned & {*Group}
        if groups:  # other messages concern others, who hear of this one too
            near = {*named, row.author_id, row.answers and row.answers.author_id}
            known = {pk: level for pk, level in known.items() if pk in near or level == Level.EVERYTHING}
        told = _alert_mentioned(change, row, named - {row.author_id}, groups, known, reading)
        if not edited:
            answered = {row.answers.author_id} - {row.author_id, *told} if row.answers else set()
            told |= _alert_mentioned(change, row, answered, (), known, reading, ANSWERED)
            _alert_listeners(change, row, told, known, reading)


def _people(row: Message, mentioned: Collection[Any]) -> set[Any]:
    """The primary keys of those whom a message mentions by name, and of those who are here if it mentions a group."""
    people = set(mentioned) - {*Group}
    return people if len(people) == len(mentioned) else people.union(islice(holders(row.room.people), MOST_HERE))


def _alert_mentioned(
    change: Change,
    row: Message,
    mentioned: Collection[Any],
    groups: Collection[Group],
    levels: Mapping[Any, str],
    reading: Reading,
    words: Any = MENTIONED,
) -> set[Any]:
    """Tell those who are mentioned, or answered, and want to know. Returns who was told."""
    if not mentioned and not groups:
        return set()
    told = _to_be_told(row, mentioned, bool(groups), levels)
    chosen = [NotificationLevel(room=row.room, person=person) for person in told]
    title, key = worded(words, row.room), f"{row.author_id}-{row.room_id}"
    tell = partial(add_alert, change, kind="mention", title=title, body=row.plain, about=row, key=key, actor=row.author)
    if chosen:
        fresh = [each for each in chosen if each.person_id not in levels]
        change.then(lambda: _follow_room(fresh))
        tell(chosen, read_by=reading(row.room) & {person.pk for person in told})
    if Group.EVERYONE in groups and not row.unheard:
        muted = NotificationLevel.objects.filter(room=row.room, level=Level.NOTHING).values_list("person", flat=True)
        spared = {row.author_id, *muted, *(person.pk for person in told), *levels}
        tell(row.room, but=spared, read_by=reading(row.room) - spared)
    return {person.pk for person in told}


def _follow_room(fresh: Sequence[NotificationLevel]) -> None:
    """What somebody is told within a room is theirs from now on, as long as they may read it."""
    NotificationLevel.objects.bulk_create(fresh, ignore_conflicts=True)


def _alert_listeners(
    change: Change, row: Message, told: Collection[Any], levels: Mapping[Any, str], reading: Reading
) -> None:
    listening = {pk for pk, level in levels.items() if level == Level.EVERYTHING}
    if listening:
        title, key = worded(DIRECT if row.room.is_direct else NEWS, row.room), f"room-{row.room_id}"
        tell = partial(add_alert, change, Listeners(row.room.listeners), "room", title, row.plain, about=row, key=key)
        spared = listening & {row.author_id, *told}
        tell(actor=row.author, but=spared, read_by=reading(row.room) & listening)


def worded(words: Any, room: Room) -> str:
    """An alert's title is stored, and one for all who are told: it is in the language of the site."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(words).replace("{room}", room.title)


def _to_be_told(row: Message, mentioned: Collection[Any], group: bool, levels: Mapping[Any, str]) -> list[Any]:
    """Those who are told; nobody where their author has mentioned too many. Says why on the message."""
    people = get_user_model()._default_manager.filter(pk__in=mentioned, is_active=True)
    told = [person for person in readers(people, row.room) if levels.get(person.pk) != Level.NOTHING]
    guest = is_guest(row.author)
    if guest and told:
        told = _near(row.room, told)
        row.unheard = "" if told else NOT_HERE
    cost = GROUP_COST if group else len(told)
    if cost and not rate_limit("mention", row.author_id, GUEST_RATE if guest else RATE).take(cost):
        told, row.unheard = [], TOO_MANY
    return told


def _near(room: Room, people: Sequence[Any]) -> list[Any]:
    """Those who are in the room now or have written there."""
    written = Message.objects.filter(room=room, author__in=people).values_list("author", flat=True).distinct()
    near = holders(room.people).union(written)
    return [person for person in people if person.pk in near]
