"""Who is added to a room hears of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from alerts import notify
from rooms.mentions import worded
from rooms.models import Membership

ADDED = _("{actor} added you to {room}")


def tell_new_member(membership: Membership, by: Any) -> None:
    """Alert somebody that `by` added them to a room. The alert goes with the membership."""
    if membership.person_id != by.pk:
        room = membership.room
        url = room.get_absolute_url()
        notify(membership.person, "member", worded(ADDED, room), url=url, about=membership, actor=by)
