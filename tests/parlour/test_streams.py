"""A log answers every cursor from the rows as they are; nothing is shown twice, nothing is missing."""

import re

import pytest

from parlour import streams
from parlour.models import read_heads
from parlour.streams import Ask, Variant, read_cursors
from parlour.testing import Document
from rooms.models import Message
from rooms.streams import RoomRegion
from tests.parlour.messages import add, edit

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = Variant("en", "UTC")


class Reader:
    """A page of one room that asks for itself: no socket, no hub."""

    def __init__(self, room):
        self.stream = RoomRegion(room).log
        self.cursor = read_heads([self.stream.name])[self.stream.name]
        self.document = Document(f'<ol id="{self.log}">{self.fresh(self.cursor)}</ol>')

    @property
    def log(self):
        return self.stream.ids.id("log")

    def fresh(self, upto):
        return self.stream.page(PLAIN, upto)[0]

    def ask(self, cursor):
        ask = Ask(cursor, PLAIN, self.stream.heads)
        answer = self.stream.answer([ask])
        return answer.cursor(ask.heads), answer.fragments[ask]

    def look(self):
        """Take the answer to this page's own cursor. Returns the frame."""
        self.cursor, frame = self.ask(self.cursor)
        self.document.apply(frame)
        return frame

    def lines(self):
        return self.document.part(self.log)

    def is_fresh(self):
        fresh = Document(f'<ol id="{self.log}">{self.fresh(10**6)}</ol>')
        return self.lines() == fresh.part(self.log)


@pytest.fixture
def committed_meanwhile(monkeypatch):
    """committed_meanwhile(act) has `act` done once, right after the next reading of heads."""
    read = streams.read_heads

    def arrange(act):
        def reading(names):
            found = read(names)
            monkeypatch.setattr(streams, "read_heads", read)
            act()
            return found

        monkeypatch.setattr(streams, "read_heads", reading)

    return arrange


def test_new_rows_are_appended_in_order_and_a_page_that_saw_everything_is_told_nothing(lobby):
    add(lobby, "zero")
    reader = Reader(lobby)
    assert reader.look() == ""
    add(lobby, "one", "two")
    frame = reader.look()
    assert frame.index("one") < frame.index("two")
    assert frame.startswith('<ol hx-swap-oob="beforeend:#room-lobby-log">')
    assert reader.is_fresh()


def test_an_edit_replaces_its_row_in_place_once_as_it_is_now(lobby):
    row, _ = add(lobby, "one", "two")
    reader = Reader(lobby)
    edit(row, "wan")
    edit(row, "won")
    frame = reader.look()
    assert "beforeend" not in frame
    assert "wan" not in frame
    assert frame.count("<li") == 1
    assert reader.lines().index("won") < reader.lines().index("two")
    assert reader.is_fresh()


def test_a_page_that_missed_up_to_the_gap_gets_the_rows_and_beyond_it_a_snapshot(lobby, conf):
    conf(GAP=5)
    row, *_ = add(lobby, *"abcdefgh")
    reader = Reader(lobby)
    assert "beforeend" in reader.ask(3)[1]
    assert "innerHTML:#room-lobby-log" in reader.ask(2)[1]
    edit(row, "z")  # edits count too
    assert "innerHTML:#room-lobby-log" not in reader.ask(4)[1]
    assert "innerHTML:#room-lobby-log" in reader.ask(3)[1]


def test_of_many_rows_a_page_that_is_up_to_date_gets_the_new_one_alone_and_no_other_is_rendered(
    lobby, conf, monkeypatch
):
    conf(GAP=5)
    add(lobby, *"abcdefgh")
    reader, rendered = Reader(lobby), []
    add(lobby, "the new one")
    row = type(reader.stream).row
    monkeypatch.setattr(type(reader.stream), "row", lambda self, each: rendered.append(each) or row(self, each))
    frame = reader.look()
    assert len(rendered) == 1
    assert (frame.count("<li"), "innerHTML:#room-lobby-log" in frame) == (1, False)


def test_a_page_of_a_log_is_its_newest_rows_in_order_and_says_where_the_next_older_page_ends(lobby):
    add(lobby, *(f"line {n}." for n in range(1, 61)))
    log = RoomRegion(lobby).log
    for upto, shown, older in ((60, range(11, 61), 10), (10, range(1, 11), None), (51, range(2, 52), 1)):
        markup, found = log.page(PLAIN, upto)
        assert [int(n) for n in re.findall(r"line (\d+)\.", markup)] == list(shown)
        assert found == older


def test_a_page_says_what_it_saw_by_one_cursor_or_by_several_and_the_least_counts():
    assert read_cursors("room.1:a.5", 10) == {"room.1": 5}
    assert read_cursors(["room.1:a.5", "room.1:a.3", "people.1:a.7", "room.2:b.1"], 10) == {"room.1": 3, "people.1": 7}


def test_an_answer_that_would_be_too_large_becomes_a_snapshot_that_stops_at_the_row_beyond_it(lobby, conf):
    conf(ANSWER_BYTES=3000)
    reader = Reader(lobby)
    add(lobby, *("x" * 1000 for _ in range(6)))
    frame = reader.ask(0)[1]
    assert "innerHTML:#room-lobby-log" in frame
    assert frame.count("<li") < 4
    assert "Earlier messages" in frame


@pytest.mark.parametrize("seen", [0, None], ids=["a push", "a snapshot"])
def test_a_row_committed_between_the_heads_and_the_rows_is_shown_once(lobby, committed_meanwhile, seen):
    reader = Reader(lobby)
    add(lobby, "one")
    reader.cursor = seen
    committed_meanwhile(lambda: add(lobby, "two"))
    reader.look()
    reader.look()
    assert reader.lines().count("<li") == 2
    assert reader.is_fresh()


def test_a_row_committed_while_a_page_is_painted_is_shown_once(lobby, committed_meanwhile):
    add(lobby, "one")
    committed_meanwhile(lambda: add(lobby, "two"))
    reader = Reader(lobby)
    assert "two" not in reader.lines()
    reader.look()
    assert reader.lines().count("<li") == 2
    assert reader.is_fresh()


def test_a_row_committed_after_the_rows_were_read_comes_with_the_next_look(lobby, monkeypatch):
    """A snapshot reads its rows last: what is newer than its cursor is left for the push."""
    add(lobby, "one")
    reader = Reader(lobby)
    reader.cursor = None
    page = type(reader.stream).page

    def paging(stream, *args):
        monkeypatch.undo()
        add(lobby, "two")
        return page(stream, *args)

    monkeypatch.setattr(type(reader.stream), "page", paging)
    reader.look()
    assert "two" not in reader.lines()
    reader.look()
    assert reader.lines().count("<li") == 2
    assert reader.is_fresh()


def test_readers_in_two_time_zones_get_their_own_times_from_one_row(lobby):
    [row] = add(lobby, "late")
    Message.objects.filter(pk=row.pk).update(created="2026-01-31T23:30:00Z")
    log = RoomRegion(lobby).log
    kolkata, plain = Ask(0, Variant("en", "Asia/Kolkata"), log.heads), Ask(0, PLAIN, log.heads)
    fragments = log.answer([kolkata, plain]).fragments
    assert "23:30" in fragments[plain]
    assert "05:00" in fragments[kolkata]
