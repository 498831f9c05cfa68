"""Who has a room in front of them: what is posted there is no news to them, and what was is read."""

from typing import Any

from django.db.models import Q

from alerts.actions import mark_read
from alerts.models import Alert
from rooms.models import Room
from rooms.people_here import holders


def readers_now(room: Room) -> set[Any]:
    """The primary keys of those whose page of the room has had a sign of them a moment ago."""
    return holders(room.reading)


def mark_room_read(person: Any, room: Room) -> None:
    """Mark read what somebody was told in a room, and that they were added to it."""
    told = Q(kind="mention", key__endswith=f"-{room.pk}") | Q(kind="room", key=f"room-{room.pk}")
    added = Q(kind="member", url=room.get_absolute_url())
    alerts: Any = Alert.objects.for_person(person).open()
    unread = alerts.filter(told | added, read__isnull=True)
    if unread.exists():
        mark_read(person, unread)
