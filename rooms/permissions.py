"""What a person may do in a room, asked of the rows as they are now."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import get_script_prefix
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from parlour import Denied
from rooms.models import Membership, Room
from rooms.people import guests, is_guest


class Rights(NamedTuple):
    """What one person may do in one room. To manage is to change, delete, and decide on members."""

    read: bool
    write: bool
    manage: bool
    role: str  # what a page of this person is marked with: `reader`, `guest` or `member`


READER = Rights(True, False, False, "reader")


def rights(person: Any, room: Room, member: bool | None = None) -> Rights:
    """What this person may do in this room; `member` where that is known already."""
    active = person.is_authenticated and person.is_active
    if is_guest(person):
        invited = Room.Guests.NONE if room.members_only else room.guests
        write = active and invited == Room.Guests.WRITE
        return Rights(invited != Room.Guests.NONE, write, False, "guest" if write else "reader")
    if room.members_only and member is None:
        member = Membership.objects.filter(room=room, person=person).exists()
    read = not room.members_only or bool(member)
    manage = room.owner_id == person.pk or (person.is_staff and read)
    return Rights(read, active and read, manage, "member" if active and read else "reader")


def room_for(person: Any, slug: str, readable: Iterable[Room] = ()) -> tuple[Room, Rights]:
    """The room at this address and what this person may do in it. Raises Denied, in words that say how to get in.

    `readable` are rooms that were just found to be visible to this person: of those nothing is asked again.
    """
    for each in readable:
        if each.slug == slug:
            return each, rights(person, each, member=True)
    room = Room.objects.at(slug)
    if room is None:
        raise Denied(4004, away("There is no such room, or there is none any more."))
    allowed = rights(person, room)
    if not allowed.read:
        raise denied(person, room)
    return room, allowed


def readers(people: Any, room: Room) -> Any:
    """Those of a query of people who may read the room, in one query."""
    if room.members_only:
        people = people.filter(memberships__room=room)
    if room.members_only or room.guests == Room.Guests.NONE:
        people = people.exclude(guests())
    return people


def denied(person: Any, room: Room) -> Denied:
    """Why not, and what to do; it says nothing of the room but its address, which the asker knows."""
    if not is_guest(person):
        words = "Only members can read this room. Somebody who looks after it can add you."
        return Denied(4003, away(words))
    words = 'Only people with an account can come in here. <a href="{}">Sign in</a>'
    return Denied(4001, format_html(words, sign_in(room.get_absolute_url())))


def away(words: str) -> SafeString:
    """These words, and a link to the site's first page."""
    return format_html('{} <a href="{}">To the start</a>', words, get_script_prefix())


def sign_in(back: str) -> str:
    """The address of the project's sign-in, which leads `back`."""
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
