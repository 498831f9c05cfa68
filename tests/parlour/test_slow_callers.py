"""On PostgreSQL a caller's open transaction holds nobody: not the head, not another writer, not who settles."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest
from django.conf import settings
from django.db import connection, transaction

from parlour import writes
from parlour.models import read_heads
from parlour.writes import number_pending
from rooms.models import Message
from rooms.posting import GroupCommit, post, prepare
from rooms.send_once import NumberedText
from tests.parlour.messages import add, edit, numbers, touch

one_writer = "sqlite" in settings.DATABASES["default"]["ENGINE"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(one_writer, reason="SQLite has one writer; test_postgres.py runs this"),
]


class SlowCaller:
    """Somebody's view that does `work` in a transaction and takes its time to end it."""

    def __init__(self, work):
        self.work = work
        self.written, self.free = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        with transaction.atomic():
            self.work()
            self.written.set()
            assert self.free.wait(10)
        connection.close()

    def __enter__(self):
        self.thread.start()
        assert self.written.wait(5)
        return self

    def __exit__(self, *_):
        self.free.set()
        self.thread.join(10)


def quickly(work):
    start = perf_counter()
    work()
    assert perf_counter() - start < 5


def test_others_write_while_a_caller_who_added_and_edited_sleeps(lobby):
    [row] = add(lobby, "one")
    with SlowCaller(lambda: (add(lobby, "slow"), edit(row, "won"))):
        quickly(lambda: add(lobby, "quick"))
        quickly(number_pending)
        assert read_heads([lobby.stream]) == {lobby.stream: 2}
    assert [*Message.objects.order_by("seq").values_list("text", flat=True)] == ["won", "quick", "slow"]
    row.refresh_from_db()
    assert row.seq == 1
    assert row.changed > 2


def test_a_pending_row_that_somebody_edits_is_left_and_the_others_are_numbered(lobby, monkeypatch):
    with monkeypatch.context() as dead, transaction.atomic():
        dead.setattr(writes.transaction, "on_commit", lambda *_, **__: None)
        busy, _ = add(lobby, "busy", "free")

    def edit_it():
        Message.objects.select_for_update().get(pk=busy.pk)

    with SlowCaller(edit_it):
        quickly(number_pending)
        assert numbers(lobby) == [None, 1]
    number_pending()
    assert numbers(lobby) == [2, 1]


def test_four_who_number_at_once_number_every_row_once(lobby, monkeypatch):
    places = [f"place.{n}" for n in range(30)]
    with monkeypatch.context() as dead, transaction.atomic():
        dead.setattr(writes.transaction, "on_commit", lambda *_, **__: None)
        add(lobby, *map(str, range(30)))
        touch(*places)

    def settling(_):
        number_pending()
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(settling, range(4)))
    number_pending()
    assert sorted(numbers(lobby)) == list(range(1, 31))
    assert read_heads(places) == dict.fromkeys(places, 1)


def test_one_text_through_eight_processes_at_once_is_stored_once(lobby, ann):
    """Each process has a group of its own, so only the database sees them meet."""
    together = threading.Barrier(8)

    def process(text):
        together.wait(5)
        return GroupCommit(post).submit([text]).result(10)[0]

    with ThreadPoolExecutor(8) as pool:
        for n in range(1, 6):
            text = prepare(lobby.pk, ann.pk, NumberedText("0123456789abcdef", n, "once"))
            rows = list(pool.map(process, [text] * 8))
            assert len({row.pk for row in rows}) == 1
    assert numbers(lobby) == [1, 2, 3, 4, 5]
