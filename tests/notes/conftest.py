"""Ann and Ben have accounts; `page` is an open note of Ann's with three blocks."""

import pytest

from notes import writing
from notes.models import Block, Kind, Note


@pytest.fixture
def note(ann):
    return Note.objects.create(title="Plan", owner=ann)


@pytest.fixture
def blocks(ann, note):
    """The blocks of the note: "one", "two", "three"."""
    texts = ["one", "two", "three"]
    writing.act(ann, note.pk, "append", {}, [(Kind.TEXT, text, False) for text in texts])
    return list(note.blocks.order_by("place"))


@pytest.fixture
def type_in():
    """type_in(person, block, text) is what the page sends of the form in which they write: what `save` takes."""

    def fields(person, block, text, **more):
        pane = writing.act(person, block.note_id, "edit", {"edit": str(block.pk)})
        sent = {
            "draft": str(pane.draft.pk),
            "block": str(block.pk),
            "base": str(pane.draft.base),
            "kind": pane.draft.kind,
        }
        writing.keep(person, block.note_id, sent | {"text": text})
        return sent | {"text": text, "save": str(block.pk)} | more

    return fields


@pytest.fixture
def texts():
    """texts(note): what its blocks say, in order."""
    return lambda note: [block.text for block in shown(note)]


def shown(note):
    from notes.models import SHOWN

    return Block.objects.filter(SHOWN, note=note).order_by("place", "pk")
