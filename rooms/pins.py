"""Pinned messages: the head of a room leads to them."""

from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parlour import Change, live_write
from rooms.actions import ActionRefused, action
from rooms.models import SOMEBODY, Message, Room
from rooms.names import name_fields, name_in
from rooms.permissions import Rights
from rooms.rows import KeptQuery

MOST = 20
FULL = _("Twenty messages are pinned here already. Unpin one of them first.")
FIELDS = ["pk", "html", "created"]


def may_pin(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Who manages the room, or anybody in a direct conversation, which nobody manages."""
    return not message.deleted and not message.pinned and _may(room, rights)


def may_unpin(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """The same people."""
    return bool(message.pinned) and _may(room, rights)


def _may(room: Room, rights: Rights) -> bool:
    return rights.write and (rights.manage or room.is_direct)


@action("pin", may_pin)
def pin(person: Any, room: Room, rights: Rights, message: Message, value: str) -> None:
    """Put a message into the list in the head of its room."""
    set_pinned(message.pk, True)


@action("unpin", may_unpin)
def unpin(person: Any, room: Room, rights: Rights, message: Message, value: str) -> None:
    """Take a message off that list."""
    set_pinned(message.pk, False)


@live_write
def set_pinned(change: Change, message: int, pinned: bool) -> None:
    """Pin or unpin a message (its primary key)."""
    row = Message.objects.select_for_update(of=("self",)).select_related("room").get(pk=message)
    others = Message.objects.filter(room=row.room_id, pinned__isnull=False).exclude(pk=row.pk)
    if pinned and row.deleted:
        raise ActionRefused(row.plain)
    if pinned and others.count() >= MOST:
        raise ActionRefused(FULL)
    row.pinned = timezone.now() if pinned else None
    change.edit(row, "pinned")
    change.touch(row.room.pins)


def pinned_in(room: Room) -> list[dict[str, Any]]:
    """The pinned messages of a room, the last pinned first: `pk`, `created`, `author`, and `text` without markup."""
    query = _pinned()
    return [
        {"pk": pk, "text": Message(html=html).plain, "created": created, "author": name_in(names)}
        for seq, pk, html, created, *names in query.converted(query.rows({SOMEBODY: room.pk}))
        if seq
    ]


@cache
def _pinned() -> KeptQuery:
    """Every page of a room whose rules or pins ever changed asks it; asked for a `seq`, SQLite reads all messages."""
    found = Message.objects.filter(room=SOMEBODY, pinned__isnull=False).order_by("-pinned")
    return KeptQuery(found.values_list("seq", *FIELDS, *name_fields("author__"))[:MOST])
