"""Drafts: what somebody has written in a room's box and not sent is there after a reload, and on their other devices.

A page paints it once, with its first box: what stands in a box already is never replaced.
"""

from typing import Any

from django.utils import timezone

from rooms.models import Draft, Room
from rooms.rows import stored, written_out

LONGEST = 100_000  # characters that are kept


def draft_of(person: Any, room: Room) -> str:
    """What this person has not sent yet; "" for nothing."""
    found = written_out(Draft, "person_id = %s AND room_id = %s", stored(person.pk), room.pk)
    return found[0].text if found else ""


def keep_draft(person: Any, room: Room, text: str) -> None:
    """What stands in this person's box now."""
    text = text.replace("\0", "")[:LONGEST]
    draft, once = Draft(person=person, room=room, text=text, at=timezone.now()), ["person", "room"]
    if text.strip():
        Draft.objects.bulk_create([draft], update_conflicts=True, unique_fields=once, update_fields=["text", "at"])
    else:
        delete_draft(person, room)


def delete_draft(person: Any, room: Room) -> None:
    """It was sent."""
    Draft.objects.filter(person=person.pk, room=room.pk).delete()
