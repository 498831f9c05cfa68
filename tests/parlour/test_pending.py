"""Inside somebody else's transaction rows wait for their numbers; after its commit they get them."""

import pytest
from django.db import connection, transaction
from django.test import TestCase

from parlour import writes
from parlour.models import Head, PendingEvent, read_heads
from parlour.streams import Ask, Variant
from parlour.writes import number_pending
from rooms.models import Message
from rooms.streams import RoomRegion
from tests.parlour.messages import add, edit, numbers, touch

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = Variant("en", "UTC")


def news(room, cursor=0):
    """What a page that saw `cursor` is sent now."""
    log = RoomRegion(room).log
    ask = Ask(cursor, PLAIN, log.heads)
    return log.answer([ask]).fragments[ask]


@pytest.fixture
def died(monkeypatch):
    """The process of whoever commits in this test dies before it settles."""
    monkeypatch.setattr(writes, "number_pending", lambda: None)


def test_a_row_waits_unnumbered_until_its_transaction_ends_and_no_head_is_held(lobby, monkeypatch):
    add(lobby, "before")
    told = []
    monkeypatch.setattr(writes.bus, "publish", told.append)
    with transaction.atomic():
        add(lobby, "one")
        touch("staff")
        assert numbers(lobby) == [1, None]
        assert read_heads([lobby.stream]) == {lobby.stream: 1}
        assert not Head.objects.filter(name="staff").exists()
    number_pending()
    assert numbers(lobby) == [1, 2]
    assert read_heads([lobby.stream, "staff"]) == {lobby.stream: 2, "staff": 1}
    assert not PendingEvent.objects.exists()
    assert told == [{lobby.stream: 2, "staff": 1}]


def test_many_touches_in_one_transaction_leave_one_event_a_stream():
    with transaction.atomic():
        for _ in range(50):
            touch("staff")
            writes.touch("stock")
        assert PendingEvent.objects.count() == 2
    assert read_heads(["staff", "stock"]) == {"staff": 1, "stock": 1}


def test_a_touch_after_a_savepoint_was_rolled_back_is_told_though_the_first_is_gone():
    with transaction.atomic():
        with transaction.atomic():
            touch("staff")
            transaction.set_rollback(True)
        touch("staff")
    with transaction.atomic():
        touch("staff")
        with transaction.atomic():
            touch("staff", "stock")
            transaction.set_rollback(True)
        touch("stock")
    assert read_heads(["staff", "stock"]) == {"staff": 2, "stock": 1}


def test_in_a_project_whose_tests_run_the_hooks_of_a_commit_early_a_later_touch_is_told_too():
    with transaction.atomic():
        for _ in range(2):
            with TestCase.captureOnCommitCallbacks(execute=True):
                touch("staff")
    assert read_heads(["staff"]) == {"staff": 2}


def test_more_than_one_batch_is_numbered_at_once(lobby, died, monkeypatch):
    monkeypatch.setattr(writes, "BATCH", 2)
    for act in (lambda: add(lobby, *"abcde"), lambda: touch(*"stuvw")):
        with transaction.atomic():
            act()
        number_pending()
        assert None not in numbers(lobby)
    assert numbers(lobby) == [1, 2, 3, 4, 5]
    assert read_heads("stuvw") == dict.fromkeys("stuvw", 1)


def test_an_unnumbered_row_is_shown_to_nobody(lobby, died):
    add(lobby, "seen")
    with transaction.atomic():
        add(lobby, "unseen")
    assert "seen" in news(lobby)
    assert "unseen" not in news(lobby)
    assert "unseen" not in news(lobby, cursor=None)
    assert "unseen" not in RoomRegion(lobby).streams[0].page(PLAIN, 10)[0]


def test_an_edited_row_keeps_both_numbers_until_the_commit(lobby):
    row = add(lobby, "one")[0]
    with transaction.atomic():
        edit(row, "won")
        row.refresh_from_db()
        assert (row.seq, row.changed, row.text) == (1, None, "won")
    row.refresh_from_db()
    assert (row.seq, row.changed) == (1, 2)
    assert "won" in news(lobby, cursor=1)


def test_what_is_rolled_back_leaves_nothing_to_number_and_takes_no_number(lobby):
    with transaction.atomic():
        add(lobby, "kept")
        with transaction.atomic():
            add(lobby, "never")
            touch("staff")
            transaction.set_rollback(True)
    with transaction.atomic():
        add(lobby, "never")
        touch("staff")
        transaction.set_rollback(True)
    assert not PendingEvent.objects.exists()
    assert list(Message.objects.values_list("seq", "text")) == [(1, "kept")]
    assert read_heads([lobby.stream, "staff"]) == {lobby.stream: 1, "staff": 0}


def test_any_process_numbers_what_a_dead_one_left_though_a_row_is_gone_meanwhile(lobby, died, monkeypatch):
    with transaction.atomic():
        add(lobby, "one", "gone", "two")
        touch("staff")
    Message.objects.filter(text="gone").delete()
    assert numbers(lobby) == [None, None]
    monkeypatch.undo()
    monkeypatch.setattr(writes, "BATCH", 1)
    number_pending()
    assert numbers(lobby) == [1, 2]
    assert read_heads([lobby.stream, "staff"]) == {lobby.stream: 2, "staff": 1}
    assert not PendingEvent.objects.exists()


def test_a_row_made_and_edited_in_one_transaction_keeps_its_place(lobby):
    with transaction.atomic():
        first, _ = add(lobby, "first", "second")
        edit(first, "first, mended")
    rows = lobby.messages.order_by("seq")
    assert [row.text for row in rows] == ["first, mended", "second"]


def test_a_row_edited_before_it_has_a_number_holds_up_nobody(lobby, died, monkeypatch):
    add(lobby, "old")
    with transaction.atomic():
        [row] = add(lobby, "new")
    edit(row, "new, mended")
    assert "old" in news(lobby)
    monkeypatch.undo()
    number_pending()
    assert news(lobby).count("new, mended") == 2  # in the list and in the announcement
    assert "new, mended" in news(lobby, cursor=1)


def test_the_callers_other_work_is_untouched_when_numbering_fails(lobby, monkeypatch):
    def broken():
        raise RuntimeError("numbers cannot be had")

    monkeypatch.setattr(writes, "number_pending", broken)
    with transaction.atomic():
        add(lobby, "kept")
    assert not connection.in_atomic_block
    assert list(Message.objects.values_list("seq", "text")) == [(None, "kept")]
