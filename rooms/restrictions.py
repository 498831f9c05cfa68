"""What keeps somebody from a room, or from writing in it, for a time: bans, mutes and slow mode."""

from collections.abc import Collection
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parlour import Change, written_out
from rooms.markup import TextRejected
from rooms.models import Restriction, Room
from rooms.rows import stored

Kind = Restriction.Kind
InForce = dict[tuple[int, Any, str], Restriction]  # by room and person (primary keys) and kind


def in_force(rooms: Collection[int], people: Collection[Any]) -> InForce:
    """What restricts these people in these rooms (primary keys) now. Without rooms nothing is asked."""
    if not rooms or not people:
        return {}
    rows = written_out(Restriction, "room_id IN (%s) AND person_id IN (%s)", [*rooms], [*map(stored, people)])
    return {(row.room_id, row.person_id, row.kind): row for row in rows if not has_ended(row)}


def in_room(room: Room, people: Collection[Any]) -> InForce:
    """The same for one room; nothing is asked where nobody ever was restricted."""
    return in_force([room.pk] if room.has_restrictions else [], people)


def strictest(restricted: InForce, room: Room, person: Any) -> Restriction | None:
    """The ban of this person in this room, or else their mute."""
    return restricted.get((room.pk, person.pk, Kind.BAN)) or restricted.get((room.pk, person.pk, Kind.MUTE))


def for_posting(rooms: Collection[Room], writers: Collection[Any]) -> InForce:
    """The same for those who are about to post; nothing is asked of rooms where nobody ever was restricted.

    Rooms with slow mode are held until the commit: another process may be posting for the same person.
    """
    if slow := [room.pk for room in rooms if room.slow_mode]:
        list(Room.objects.select_for_update(no_key=True).filter(pk__in=slow).order_by("pk").values_list("pk"))
    return in_force([room.pk for room in rooms if room.has_restrictions or room.slow_mode], writers)


def begin_wait(change: Change, restricted: InForce, room: Room, author: Any) -> None:
    """Have somebody who posts in a room with slow mode wait before they post there again."""
    until = timezone.now() + timedelta(seconds=room.slow_mode)
    row = restricted[room.pk, author.pk, Kind.SLOW] = Restriction(room=room, person=author, kind=Kind.SLOW, until=until)
    which = {"unique_fields": ["room", "person", "kind"], "update_fields": ["until"]}
    change.then(lambda: Restriction.objects.bulk_create([row], update_conflicts=True, **which))  # type: ignore[arg-type]


def has_ended(restriction: Restriction) -> bool:
    """Whether it restricts nobody any more."""
    return restriction.until is not None and restriction.until <= timezone.now()


class Restricted(TextRejected):
    """A text that was not taken because of a restriction."""

    def __init__(self, restriction: Restriction) -> None:
        super().__init__(restriction)
        self.restriction = restriction

    def __str__(self) -> str:
        return words(self.restriction)


def words(restriction: Restriction) -> str:
    """What is told to whom it restricts, in the language that is active."""
    banned, until = restriction.kind == Kind.BAN, restriction.until
    if until is None:
        told = _("You are banned from this room.") if banned else _("You are muted here: you can read, not write.")
    elif banned:
        told = _("You are banned from this room. You can come back in %(time)s.") % {"time": _time_left(until)}
    else:
        told = _("You can write here again in %(time)s.") % {"time": _time_left(until)}
    return f"{told} {restriction.reason}".strip()


def seconds_left(until: datetime | None) -> int:
    """How long it is until then, at least 1."""
    return max(ceil((until - timezone.now()).total_seconds()), 1) if until else 1


def _time_left(until: datetime) -> str:
    """Such as "40 seconds" or "2 hours"."""
    seconds = seconds_left(until)
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    return timeuntil(until + timedelta(seconds=30), depth=1)
