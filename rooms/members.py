"""Who is added to a room hears of it."""

from contextlib import suppress
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from alerts import notify
from rooms.mentions import worded
from rooms.models import Membership, Room

ADDED = _("{actor} added you to {room}")


def tell_new_member(membership: Membership, by: Any) -> None:
    """Alert somebody that `by` added them to a room. The alert goes with the membership."""
    if membership.person_id != by.pk:
        room = membership.room
        url = room.get_absolute_url()
        notify(membership.person, "member", worded(ADDED, room), url=url, about=membership, actor=by)


def site_page(name: str, room: Room) -> str:
    """The address of a page that the site has for a room, such as "members"; in other projects the room's own."""
    with suppress(NoReverseMatch):
        return reverse(f"chat:{name}", args=[room.slug])
    return room.get_absolute_url()
