"""Drafts: what somebody has written in a room's box and not sent is there after a reload, and on their other devices.

A page paints it once, with its first box: what stands in a box already is never replaced.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.utils import timezone

from parlour import Change, written_out
from rooms.models import Draft, Message, Room
from rooms.rows import stored

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
        Draft.objects.filter(person=person.pk, room=room.pk).delete()


def sent(change: Change, rows: Sequence[Message], **_: Any) -> None:
    """What is posted is no draft any more; whoever sends a file has not sent what stands in the box."""
    if pairs := {(stored(row.author_id), row.room_id) for row in rows if not row.files}:
        change.then(partial(_delete, pairs))  # with the room's head locked, so that no two wait for each other


def _delete(pairs: set[tuple[Any, int]]) -> None:
    values = ", ".join(["(%s, %s)"] * len(pairs))
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM parlour_rooms_draft WHERE (person_id, room_id) IN (VALUES {values})",  # noqa: S608
            [part for pair in pairs for part in pair],
        )
