"""Whom alerts reach through a room: its members, whoever is mentioned, and those who want to hear of everything."""

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef

from alerts.audiences import belonging
from rooms import access
from rooms.models import Attention, Membership


@belonging
def members(people: Collection[int]) -> Iterable[tuple[int, str]]:
    """Members hear what the room is told: `notify(room, …)`."""
    found = Membership.objects.filter(person__in=people).select_related("room")
    return [(membership.person_id, membership.room.audience) for membership in found]


@belonging
def attentive(people: Collection[int]) -> Iterable[tuple[int, str]]:
    """What reached somebody in a room is theirs as long as they may read it."""
    mine = Membership.objects.filter(room=OuterRef("room"), person=OuterRef("person"))
    found = Attention.objects.filter(person__in=people).annotate(member=Exists(mine))
    for each in found.select_related("room", "person"):
        if access.may_read(each.person, each.room, each.member):
            yield each.person_id, each.audience
            if each.level == Attention.Level.EVERYTHING:
                yield each.person_id, each.room.listeners
