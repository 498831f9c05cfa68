"""Messages written by live writes of the tests' own."""

from django.utils import timezone
from django.utils.html import escape

from parlour.writes import live_write
from rooms.models import Message


def line(room, text="x", **fields):
    """An unsaved row of `room`."""
    now = timezone.now()
    made = {"author": room.owner, "html": escape(text), "created": now, "heading_at": now}
    return Message(room=room, text=text, **made | fields)


@live_write
def add(change, room, *texts, **fields):
    """Say these lines. Returns their rows."""
    rows = [line(room, text, **fields) for text in texts]
    for row in rows:
        change.add(row)
    return rows


@live_write
def edit(change, row, text):
    """Let a line say something else."""
    row = Message.objects.select_for_update().get(pk=row.pk)
    row.text, row.html = text, escape(text)
    change.edit(row, "text", "html")
    return row


@live_write
def touch(change, *names):
    for name in names:
        change.touch(name)


def numbers(room):
    """The numbers of the room's lines in the order in which they were inserted."""
    return list(room.messages.order_by("pk").values_list("seq", flat=True))
