"""Rows in an order of their own: whatever is placed, moved, changed and removed, a page ends equal to a fresh one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notes.live import BlockStream
from notes.models import Block, Note
from parlour import live_write, models
from parlour.models import read_heads
from parlour.regions import Ids
from parlour.streams import Ask
from parlour.testing.document import Document
from tests.parlour.test_streams import PLAIN

pytestmark = pytest.mark.django_db(transaction=True)
PATIENT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@live_write
def add(change, note, after=None):
    [place] = note.blocks.numbers_after(after)
    change.add(Block(note=note, place=place, version=1, text="new"))


@live_write
def move(change, block, after):
    [block.place] = block.note.blocks.numbers_after(after)
    change.move(block)


@live_write
def change_row(change, block, **values):
    for name, value in values.items():
        setattr(block, name, value)
    (change.move if values.get("deleted", "") is None else change.edit)(block, *values)


class Reader:
    """A page that asks for itself."""

    def __init__(self, note):
        self.stream = BlockStream(note.stream, Ids("note"))
        self.cursor = read_heads([note.stream])[note.stream]
        self.document = self.fresh(self.cursor)

    def fresh(self, upto):
        return Document(f'<div id="note-rows">{self.stream.page(PLAIN, upto)[0]}</div><p id="note-announce"></p>')

    def look(self):
        ask = Ask(self.cursor, PLAIN, self.stream.heads)
        answer = self.stream.answer([ask])
        self.cursor = answer.cursor(ask.heads)
        self.document.apply(answer.fragments[ask])
        return answer.fragments[ask]

    def is_fresh(self):
        return self.document.part("note-rows") == self.fresh(10**6).part("note-rows")


def remove(block, _):
    change_row(block, deleted=block.deleted or "2026-01-01T00:00Z")


def show_again(block, _):
    if block.deleted:
        change_row(block, deleted=None)


WRITES = {
    "add": lambda _, after: add(after.note, after.pk),
    "first": lambda block, _: move(block, 0),
    "move": lambda block, after: block == after or move(block, after.pk),
    "edit": lambda block, after: change_row(block, text=f"text {after.pk}"),
    "remove": remove,
    "show again": show_again,
}
ACTS = st.tuples(st.sampled_from([*WRITES, "look", "forget", "reload"]), st.integers(0, 9), st.integers(0, 9))


@settings(max_examples=25, deadline=None, suppress_health_check=PATIENT)
@given(acts=st.lists(ACTS, min_size=2, max_size=16))
def test_any_way_of_looking_ends_equal_to_a_fresh_page(ann, conf, acts):
    conf(GAP=9)
    note = Note.objects.create(title="Any", owner=ann)
    for _ in range(4):
        add(note)
    reader = Reader(note)
    for act, one, other in acts:
        rows = list(note.blocks.order_by("pk"))
        if act in WRITES:
            WRITES[act](rows[one % len(rows)], rows[other % len(rows)])
        elif act == "look":
            reader.look()
            assert reader.is_fresh()
        elif act == "forget":
            reader.cursor = None
        else:
            reader = Reader(note)
    reader.look()
    assert reader.is_fresh()


def test_a_change_of_one_row_costs_as_much_in_a_long_list_as_in_a_short_one(ann):
    sizes = []
    for many in (5, 300):
        note = Note.objects.create(title="Any", owner=ann)
        Block.objects.bulk_create(
            Block(note=note, place=n, version=1, seq=n, changed=n, text=f"line {n}") for n in range(1, many + 1)
        )
        models.Head.objects.create(name=note.stream, seq=many)
        reader = Reader(note)
        change_row(note.blocks.get(place=3), text="changed")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sizes.append((len(reader.look()), len(queries)))
        assert reader.is_fresh()
    assert sizes[1][0] - sizes[0][0] < 10  # a longer number
    assert sizes[0][1] == sizes[1][1]


def test_a_page_shows_the_first_rows_and_what_comes_to_stand_among_them(ann, monkeypatch):
    monkeypatch.setattr(BlockStream, "most", 3)
    note = Note.objects.create(title="Any", owner=ann)
    for _ in range(5):
        add(note)
    reader, rows = Reader(note), list(note.blocks.order_by("place"))
    add(note, rows[0].pk)
    add(note, rows[3].pk)
    reader.look()
    shown = [f"note-{block.pk}" for block in note.blocks.order_by("place") if reader.document.find(f"note-{block.pk}")]
    assert len(shown) == 4
    assert reader.document.find("note-end") is None


def test_places_are_given_anew_where_none_is_left_and_the_order_stays(ann, monkeypatch):
    monkeypatch.setattr(models, "STEP", 4)
    note = Note.objects.create(title="Any", owner=ann)
    add(note)
    first = note.blocks.get()
    for _ in range(6):
        add(note, first.pk)
    pks = list(note.blocks.order_by("place").values_list("pk", flat=True))
    assert pks == [first.pk, *sorted(pks[1:], reverse=True)]
    assert len(set(note.blocks.values_list("place", flat=True))) == 7
