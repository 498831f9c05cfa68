"""The live side of a note: its blocks in order, its title, who is here; and who may see that."""

from functools import partial
from math import inf
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from notes.models import SHOWN, Block, Note
from notes.permissions import Rights, note_for, rights
from notes.writing import HOLDS, RELOADS, visit
from parlour import Consumer, OrderedStream, Region, StateStream, people_here, run, submit
from rooms.object_rules import object_heads
from rooms.permissions import allow

ANNOUNCED = 3  # what was done at once; more is counted
MORE = 5  # times as many blocks are shown by the link that shows more


class BlockStream(OrderedStream):
    """The blocks. Of one that changes, its buttons stay, and the focus with them."""

    template = "notes/parts.html#block"

    def all_rows(self) -> Any:
        rows = Block.objects.filter(note_id=self.name.removeprefix("note."))
        return rows.select_related("writer", "author", "image__room")

    def rows(self) -> Any:
        return self.all_rows().filter(SHOWN)

    def row_part(self, pk: Any) -> str:
        return str(pk)

    def more(self, shown: int) -> str:
        return render_to_string("notes/parts.html#more", {"shown": shown, "more": shown * MORE})

    def edited(self, row: Any, markup: str) -> str:
        context = {"row": row, "region": self.ids}
        parts = {name: render_to_string(f"notes/parts.html#{name}", context) for name in ("now", "tick")}
        return "".join(self.ids.inner(f"{name}-{row.pk}", part) for name, part in parts.items())

    def announce(self, rows: Any) -> str:
        """Who did what, once; leases are not told of."""
        told = [row for row in rows if row.news]
        if not told:
            return ""
        words = _("{n} blocks were changed.").format(n=len(told))
        if len(told) <= ANNOUNCED:
            words = render_to_string("notes/parts.html#announcement", {"rows": told})
        return self.ids.inner("announce", words)


class HeadStream(StateStream):
    """The title, and whether it is archived."""

    template, part = "notes/parts.html#head", "head"

    def present(self) -> dict[str, Any]:
        return {"note": Note.objects.select_related("room").get(pk=self.name.removeprefix("noterules."))}

    def extras(self, context: dict[str, Any]) -> str:
        return self.ids.title_of_page(f"{context['note'].title} · Parlour")


class NoteRegion(Region):
    """A note on a page, on which `show` blocks are shown at first."""

    controls = "notes/parts.html#controls"

    def __init__(self, note: Note, allowed: Rights, show: int = 0) -> None:
        panel = reverse_lazy("notes:panel", args=[note.pk])
        super().__init__(f"note-{note.pk}", f"/ws/notes/{note.pk}/", panel, "writer" if allowed.write else "reader")
        self.note, self.rights, self.address = note, allowed, note.get_absolute_url()
        self.blocks = BlockStream(note.stream, self)
        if show:
            self.blocks.most, self.blocks.heaviest = show, inf
        self.streams = [HeadStream(note.rules, self), self.blocks]
        room = note.room
        self.guards = [note.rules, *([room.rules_stream, *object_heads(room.model, room.object_id)] if room else [])]


class NoteConsumer(Consumer):
    """One page of a note. The leases of its person hold while it is open, if they go on writing."""

    region: NoteRegion

    @classmethod
    def key(cls, pk: int) -> str:  # type: ignore[override]
        return f"note-{pk}"

    @classmethod
    def authorize(cls, person: Any, pk: int) -> NoteRegion:  # type: ignore[override]
        return NoteRegion(*note_for(person, pk))

    async def greet(self, fields: dict[str, Any]) -> str:
        if self.person.is_authenticated:
            await run(visit, self.person, self.region.note, HOLDS)
        return await super().greet(fields)

    def left(self) -> None:
        if self.person.is_authenticated:
            submit(partial(visit, self.person, self.region.note, RELOADS))


@people_here.allow(Note)
@allow(Note)
def may_read(person: Any, note: Note) -> bool:
    """Who may read a note sees who is here, and the images of one that stands alone."""
    return rights(person, note).read


allow(Note, "write")(lambda person, note: rights(person, note).write)
