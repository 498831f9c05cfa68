"""Taking away what was said: the line stays in its place and says so, on every page alike."""

from collections.abc import Collection

from alerts import settle
from parlour import Change, live_write
from rooms import words
from rooms.models import Message

REMOVED = "This message was removed."


@live_write
def remove(change: Change, messages: Collection[int]) -> None:
    """Remove these messages (primary keys). Their words are gone for good; a row that vanished no page would miss."""
    rows = Message.objects.select_for_update(of=("self",)).select_related("room")
    for row in rows.filter(pk__in=messages).order_by("pk"):
        row.text, row.html = REMOVED, words.markup(f"*{REMOVED}*")
        change.edit(row.room.stream, row, "text", "html")
        settle(row)  # a bell that quotes it
