"""All that was posted in a room, as a page that needs nothing else or as JSON, made a batch at a time.

Neither holds a transaction or a cursor between two batches, so that a slow reader holds nothing.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone, translation

from parlour import name_of
from rooms.models import Message, Room
from rooms.reactions import names_of

BATCH = 500  # messages
TEMPLATE = "parlour_rooms/export.html"
_dump = partial(json.dumps, ensure_ascii=False, cls=DjangoJSONEncoder)


class Entry:
    """A message with the names of those who reacted to it: [("👍", ["Ann", …]), …]."""

    def __init__(self, message: Message, names: dict[str, str]) -> None:
        self.message = message
        self.author = name_of(message.author)
        reacted = (message.reactions or {}).items()
        self.reactions = [(sign, [names[pk] for pk in people if pk in names]) for sign, people in reacted]

    def as_json(self) -> dict[str, Any]:
        """What is known of it; what it does not have is left out."""
        row, author = self.message, {"id": self.message.author_id, "name": self.author}
        known = {"id": row.pk, "author": author, "created": row.created, "text": "" if row.deleted else row.text}
        known |= {name: getattr(row, name) for name in ("edited", "deleted", "pinned") if getattr(row, name)}
        known |= {"answers": row.answers_id} if row.answers_id else {}
        known |= {"files": row.files} if row.files else {}
        return known | ({"reactions": dict(self.reactions)} if self.reactions else {})


def as_html(room: Room, language: str, zone: str) -> Iterator[str]:
    """A page that reads like the room, in this language, with times in this zone, as an IANA name."""

    def drawn(part: str, **context: Any) -> str:
        with translation.override(language), timezone.override(zone):
            return render_to_string(f"{TEMPLATE}#{part}", context)

    style = b64encode(render_to_string("parlour_rooms/export.css").encode()).decode()
    yield drawn("top", room=room, style=style, now=timezone.now(), messages=room.messages.count())
    day = None
    for batch in _batches(room):
        with timezone.override(zone):
            days = [timezone.localdate(each.message.created) for each in batch]
        yield drawn("messages", entries=list(zip(batch, days, [day, *days[:-1]], strict=True)))
        day = days[-1]
    yield drawn("end")


def as_json(room: Room) -> Iterator[str]:
    """One JSON object: the room, and its `messages` in their order."""
    head = {"title": room.title, "about": room.about, "created": room.created, "exported": timezone.now()}
    yield f'{{"room": {_dump(head)}, "messages": ['
    between = ""
    for batch in _batches(room):
        yield between + ",\n".join(_dump(each.as_json()) for each in batch)
        between = ",\n"
    yield "]}\n"


def _batches(room: Room) -> Iterator[Sequence[Entry]]:
    seq = 0
    while rows := list(room.messages.filter(seq__gt=seq).select_related("author").order_by("seq")[:BATCH]):
        names = names_of({pk for row in rows for people in (row.reactions or {}).values() for pk in people})
        yield [Entry(row, names) for row in rows]
        seq = rows[-1].seq or 0
