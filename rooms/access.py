"""What a person may do in a room, asked of the rows as they are now."""

from typing import Any

from django.utils.html import format_html
from django.utils.http import urlencode

from parlour import Denied
from rooms.models import Membership, Room

NO_SUCH = "There is no such room, or there is none any more."


def room_for(person: Any, slug: str) -> Room:
    """The room at this address for this person to read. Raises Refused with words that say how to get in."""
    room = Room.objects.named(slug)
    if room is None:
        raise Denied(4004, format_html('{} <a href="/">All rooms</a>', NO_SUCH))
    if not may_read(person, room):
        raise refusal(person, room)
    return room


def may_read(person: Any, room: Room, member: bool | None = None) -> bool:
    """Whether this person may see what is said here; `member` where that is known already."""
    if not person.is_authenticated or person.is_guest:
        return not room.members_only and room.guests != Room.Guests.NONE
    if room.members_only and member is None:
        member = Membership.objects.filter(room=room, person=person).exists()
    return not room.members_only or bool(member)


def readers(people: Any, room: Room) -> Any:
    """Those of a query of people who may see what is said here, in one query."""
    if room.members_only:
        people = people.filter(memberships__room=room)
    if room.members_only or room.guests == Room.Guests.NONE:
        people = people.exclude(kind="guest")
    return people


def may_write(person: Any, room: Room) -> bool:
    """Whether this person may say something here."""
    if not person.is_authenticated or not person.is_active:
        return False
    if person.is_guest:
        return not room.members_only and room.guests == Room.Guests.WRITE
    return may_read(person, room)


def may_manage(person: Any, room: Room) -> bool:
    """Change, delete, and decide on members: the owner, and staff who are in the room."""
    if not person.is_authenticated or person.is_guest:
        return False
    return room.owner_id == person.pk or (person.is_staff and may_read(person, room))


def role(person: Any, room: Room) -> str:
    """What a page of this person is marked with: `reader`, `guest` or `member`."""
    if not may_write(person, room):
        return "reader"
    return "guest" if person.is_guest else "member"


def refusal(person: Any, room: Room) -> Denied:
    """Why not, and what to do; it says nothing of the room but its address, which the asker knows."""
    if not person.is_authenticated or person.is_guest:
        back = urlencode({"next": room.get_absolute_url()})
        return Denied(
            4001,
            format_html(
                'Only people with an account can come in here. <a href="/accounts/login/?{}">Sign in</a>',
                back,
            ),
        )
    return Denied(
        4003,
        format_html(
            '{} <a href="/">All rooms</a>', "Only members can read this room. Somebody who looks after it can add you."
        ),
    )
