"""Whom alerts reach through a room: its members, and those who want to hear of everything in it."""

from collections.abc import Collection, Iterable

from alerts.audiences import belonging
from rooms import access
from rooms.models import Attention, Membership


@belonging
def members(people: Collection[int]) -> Iterable[tuple[int, str]]:
    """Members hear what the room is told: `notify(room, …)`."""
    found = Membership.objects.filter(person__in=people).select_related("room")
    return [(membership.person_id, membership.room.audience) for membership in found]


@belonging
def listeners(people: Collection[int]) -> Iterable[tuple[int, str]]:
    """Those who chose to hear everything, as long as they may read it."""
    found = Attention.objects.filter(person__in=people, level=Attention.Level.EVERYTHING)
    found = found.select_related("room", "person")
    return [(each.person_id, each.room.listeners) for each in found if access.may_read(each.person, each.room)]
