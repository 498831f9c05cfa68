"""Replies: a message that answers another quotes it, and leads back to it. What happens to that one, its quotes follow.

A page's field `answers` says which of its texts answer what: "3:41" means that its text number 3 answers message 41.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.text import Truncator

from parlour import Change, name_of
from rooms.actions import Form, action
from rooms.models import Message, Room
from rooms.permissions import Rights

LONGEST = 160  # characters of what is quoted


@action("reply")
def reply(person: Any, room: Room, rights: Rights, message: Message, value: str) -> Form:
    """Have the next text that this page sends answer a message."""
    return Form("parlour_rooms/replies.html#answering", {"message": message, "quote": quote_of(message)}, "answering")


def quote_of(message: Message) -> dict[str, Any]:
    """What is stored in a message that answers this one; its `text` is "" when this one is deleted."""
    text = "" if message.deleted else Truncator(message.plain).chars(LONGEST)
    return {"pk": message.pk, "author": str(message.author_id), "name": name_of(message.author), "text": text}


def answer(row: Message, earlier: Message | None) -> None:
    """Have a message that is about to be stored answer an earlier one."""
    if earlier is not None:
        row.answers, row.quote = earlier, quote_of(earlier)


def answered(wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Message]:
    """The messages that texts about to be stored answer, by room and primary key; they stay as they are until then."""
    if not (pairs := {*wanted}):
        return {}
    rows = Message.objects.select_for_update(of=("self",), no_key=True).select_related("author")
    found = rows.filter(pk__in=[pk for _, pk in pairs], deleted=None, seq__isnull=False).order_by("pk")
    return {(row.room_id, row.pk): row for row in found}


def requote(change: Change, row: Message) -> None:
    """Have the replies to a message that was edited or deleted quote it as it is now."""
    for each in row.replies.select_for_update().order_by("pk"):
        each.quote = quote_of(row)
        change.edit(each, "quote")
