"""Removing messages: the line stays in its place and says so, on every page alike."""

from collections.abc import Collection

from alerts import resolve
from parlour import Change, live_write
from rooms.markup import to_html
from rooms.models import Message

REMOVED = "This message was removed."


@live_write
def remove(change: Change, messages: Collection[int]) -> None:
    """Remove these messages (primary keys). Their text is gone for good; no page would miss a row that vanished."""
    rows = Message.objects.select_for_update(of=("self",)).select_related("room")
    for row in rows.filter(pk__in=messages).order_by("pk"):
        row.text, row.html = REMOVED, to_html(f"*{REMOVED}*")[0]
        change.edit(row, "text", "html")
        resolve(row)  # a bell that quotes it
