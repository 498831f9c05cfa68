"""A right that is taken away anywhere, in the admin too, ends what it gave."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from alerts import audiences
from parlour import Change, live_write, revoke
from rooms.models import Attention, Membership, Room


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(removed, sender=Membership, dispatch_uid="rooms.removed")
    post_delete.connect(closed, sender=Room, dispatch_uid="rooms.closed")
    post_save.connect(heard_otherwise, sender=Membership, dispatch_uid="rooms.added")
    post_save.connect(heard_otherwise, sender=Attention, dispatch_uid="rooms.attention")
    post_save.connect(changed, sender=Room, dispatch_uid="rooms.changed")


def removed(instance: Membership, **kwargs: Any) -> None:
    """A membership ended."""
    revoke(instance.person_id)


def heard_otherwise(instance: Membership | Attention, **kwargs: Any) -> None:
    """Somebody belongs to another audience now: their bells follow it."""
    revoke(instance.person_id)


def closed(instance: Room, **kwargs: Any) -> None:
    """A room is gone."""
    ask_again(instance)


def changed(instance: Room, created: bool, **kwargs: Any) -> None:
    """A room's rules may be others now."""
    if not created:
        ask_again(instance)


@live_write
def ask_again(change: Change, room: Room) -> None:
    """Everybody in the room is asked again whether they may stay, and so are the bells that heard of it."""
    change.touch(room.door)
    for attention in Attention.objects.filter(room=room.pk):
        change.touch(audiences.head(attention.audience))
