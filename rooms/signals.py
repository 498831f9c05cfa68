"""A right that ends anywhere, in the admin too, ends on open pages."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from alerts import audiences
from parlour import Change, live_write, revoke
from rooms import drafts, files
from rooms.models import Attachment, JoinRequest, Membership, NotificationLevel, Restriction, Room
from rooms.posting import posted
from rooms.unread import follow


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(person_changed, sender=Membership, dispatch_uid="rooms.membership_ended")
    post_save.connect(person_changed, sender=Membership, dispatch_uid="rooms.membership")
    post_save.connect(added, sender=Membership, dispatch_uid="rooms.member_added")
    post_save.connect(person_changed, sender=NotificationLevel, dispatch_uid="rooms.notification_level")
    post_save.connect(restricted, sender=Restriction, dispatch_uid="rooms.restricted")
    post_delete.connect(person_changed, sender=Restriction, dispatch_uid="rooms.restriction_lifted")
    post_save.connect(room_changed, sender=Room, dispatch_uid="rooms.changed")
    post_delete.connect(room_changed, sender=Room, dispatch_uid="rooms.deleted")
    post_delete.connect(files.delete_files, sender=Attachment, dispatch_uid="rooms.attachment_deleted")
    posted.connect(files.attach, dispatch_uid="rooms.files_attached")
    posted.connect(drafts.sent, dispatch_uid="rooms.draft_sent")


def person_changed(instance: Membership | NotificationLevel | Restriction, **kwargs: Any) -> None:
    """What somebody may read or write, or is told, is different now."""
    revoke(instance.person_id)


def added(instance: Membership, created: bool, **kwargs: Any) -> None:
    """For a new member what is posted from now on is unread, and whether they asked to be one is settled."""
    if created:
        follow([instance])
        JoinRequest.objects.filter(room=instance.room_id, person=instance.person_id).delete()


def restricted(instance: Restriction, **kwargs: Any) -> None:
    """From now on restrictions are looked up in this room: once somebody was restricted in it, always."""
    Room.objects.filter(pk=instance.room_id, has_restrictions=False).update(has_restrictions=True)
    person_changed(instance)


def room_changed(instance: Room, created: bool = False, **kwargs: Any) -> None:
    """A room's rules may be different now, or it is gone."""
    if not created:
        touch_rules(instance)


@live_write
def touch_rules(change: Change, room: Room) -> None:
    """Ask the rights of everybody in the room again, and of the bells that were told something in it."""
    change.touch(room.rules_stream)
    for level in NotificationLevel.objects.filter(room=room.pk).select_related("room"):
        change.touch(audiences.stream(level.audience))
