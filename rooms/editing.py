"""Editing what one posted, deleting it, and what it said before. `rooms.moderation.remove` is what deletes."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts import reword_alerts
from parlour import Change, live_write
from rooms import mentions
from rooms.actions import NOT_OFFERED, ActionRefused, Form, action
from rooms.markup import TextRejected
from rooms.models import Message, Revision, Room
from rooms.moderation import record, remove
from rooms.permissions import Rights, rights
from rooms.posting import PreparedText, prepare
from rooms.replies import requote
from rooms.send_once import NumberedText

FOR = timedelta(days=1)  # a message can be edited
MOST = 100  # times; each is kept, and each changes all replies to it
CONFLICT = _("It was edited elsewhere meanwhile, and says now: {text}")


def may_edit(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Who wrote it may, for a day, as long as they may write; what it says of its files stays."""
    recent = timezone.now() - message.created < FOR
    return _is_own(person, message) and rights.write and recent and message.files is None


def may_delete(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Who wrote it may, and who manages the room."""
    return _is_own(person, message) or (rights.manage and message.deleted is None)


def may_see_history(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Who manages the room, and staff, see what an edited message said before."""
    return (rights.manage or getattr(person, "is_staff", False)) and message.edited is not None and not message.deleted


def _is_own(person: Any, message: Message) -> bool:
    return message.author_id == person.pk and message.deleted is None


@action("edit", may_edit)
def open_form(person: Any, room: Room, rights: Rights, message: Message, value: str) -> Form:
    """The form in which a message is edited."""
    return _form(message, message.text)


@action("save", may_edit)
def save(person: Any, room: Room, rights: Rights, message: Message, value: str) -> Any:
    """Edit a message. `value` is its version as the form knew it, and the text."""
    version, _, text = value.partition(" ")
    try:
        edited = edit(message.pk, prepare(room.pk, person.pk, NumberedText("", 0, text)), version)
    except TextRejected as why:
        raise ActionRefused(why, _form(message, text, why)) from None
    if version_of(edited) == version:
        return gettext("Nothing was changed.")
    return edited.unheard or gettext("Edited.")


def _form(message: Message, text: str, why: Any = "") -> Form:
    context = {"message": message, "version": version_of(message), "text": text, "why": why}
    return Form("parlour_rooms/editing.html#form", context)


def version_of(message: Message) -> str:
    """Which of its texts a message has."""
    return message.edited.isoformat() if message.edited else "first"


@live_write
def edit(change: Change, pk: int, new: PreparedText, version: str) -> Message:
    """Give a message (primary key) a new text, if it still has the version that its editor saw.

    Those whom only the new text mentions are alerted. Raises ActionRefused.
    """
    row = Message.objects.select_for_update(of=("self",)).select_related("room", "author").get(pk=pk)
    if row.deleted or not rights(row.author, row.room).write:
        raise ActionRefused(NOT_OFFERED)
    if version_of(row) != version:
        why = CONFLICT.format(text=row.plain)
        raise ActionRefused(why, _form(row, new.text.text, why))
    if row.text == new.text.text:
        return row
    if row.revisions.count() >= MOST:
        words = _("It was edited very often. Write it anew.")
        raise ActionRefused(words, _form(row, new.text.text, words))
    before = prepare(row.room_id, row.author_id, NumberedText("", 0, row.text)).mentioned if "@" in row.text else ()
    earlier = Revision(message=row, text=row.text, until=timezone.now())
    change.then(earlier.save)
    row.text, row.html, row.edited = new.text.text, new.html, earlier.until
    change.edit(row, "text", "html", "edited")
    if row.pinned:
        change.touch(row.room.pins)
    requote(change, row)
    reword_alerts(row, row.plain)
    mentions.alert(change, [(row, new.mentioned.difference(before))], edited=True)
    return row


@action("delete", may_delete)
def delete(person: Any, room: Room, rights: Rights, message: Message, value: str) -> str:
    """Delete what one posted oneself; of what others posted it is written down."""
    remove([message.pk])
    if message.author_id != person.pk:
        record(room, person, "remove", message.author, message)
    return gettext("Deleted.")


@action("history", may_see_history)
def show_history(person: Any, room: Room, rights: Rights, message: Message, value: str) -> Form:
    """What a message said before it was edited, the oldest first."""
    return Form("parlour_rooms/editing.html#history", {"revisions": message.revisions.order_by("pk")})
