"""Numbers are dense and in the order of commits; a write that fails leaves no trace."""

import random
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from parlour import bus, writes
from parlour.database import insert
from parlour.models import Head, PendingEvent, read_heads
from parlour.writes import live_write
from rooms.models import Message, Room
from tests.parlour.messages import add, edit, line, numbers, touch

pytestmark = pytest.mark.django_db(transaction=True)


class Spoilt(Exception):
    pass


@live_write
def spoil(change, room, after_writing=False):
    change.add(line(room))
    if after_writing:
        change.add(line(room, seq=0, text=None))  # the database refuses it
    else:
        raise Spoilt


def test_rows_are_numbered_from_one_without_holes_and_changed_when_they_were_made(lobby):
    add(lobby, "one", "two")
    add(lobby, "three")
    assert add(lobby) == []
    assert list(lobby.messages.order_by("pk").values_list("seq", "changed")) == [(1, 1), (2, 2), (3, 3)]
    assert read_heads([lobby.stream]) == {lobby.stream: 3}


def test_a_write_that_raises_or_whose_rows_the_database_refuses_leaves_no_row_and_no_hole(lobby):
    add(lobby, "one")
    with pytest.raises(Spoilt):
        spoil(lobby)
    with pytest.raises(Exception, match=r"(?i)null"):
        spoil(lobby, after_writing=True)
    add(lobby, "two")
    assert numbers(lobby) == [1, 2]
    assert read_heads([lobby.stream]) == {lobby.stream: 2}


@pytest.fixture
def published(monkeypatch):
    """The heads that were published, commit by commit."""
    commits = []
    monkeypatch.setattr(bus, "publish", commits.append)
    return commits


def test_what_a_body_touches_in_whatever_way_is_one_commit_with_its_rows_and_told_once(lobby, published):
    @live_write
    def busy(change, fails):
        change.add(line(lobby))
        change.then(lambda: ids.append(change.added[0].pk))
        writes.touch("staff", "stock")
        change.touch("staff")
        assert not PendingEvent.objects.exists()
        if fails:
            raise Spoilt

    ids = []
    with pytest.raises(Spoilt):
        busy(fails=True)
    assert (ids, published, read_heads(["staff"])) == ([], [], {"staff": 0})
    busy(fails=False)
    assert published == [read_heads([lobby.stream, "staff", "stock"])] == [{lobby.stream: 1, "staff": 2, "stock": 1}]
    assert ids == list(lobby.messages.values_list("pk", flat=True))
    writes.touch("staff")
    assert published[1:] == [{"staff": 3}] == [read_heads(["staff"])]


def test_a_deadlock_is_tried_once_more_and_no_other_error_is(lobby):
    errors = [OperationalError("deadlock detected")]

    @live_write
    def unlucky(change):
        change.add(line(lobby))
        if errors:
            raise errors.pop()

    before = writes.counts["deadlocks"]
    unlucky()
    assert (numbers(lobby), writes.counts["deadlocks"]) == ([1], before + 1)
    for left in ([OperationalError("the disk is full")], [OperationalError("deadlock detected")] * 2):
        errors[:] = left
        with pytest.raises(OperationalError):
            unlucky()
        assert not errors
    assert numbers(lobby) == [1]


def test_an_edit_moves_the_head_keeps_the_rows_number_and_saves_what_it_names_alone(lobby):
    row, _ = add(lobby, "one", "two")
    edit(row, "won")
    row.refresh_from_db()
    assert (row.seq, row.changed, row.text) == (1, 3, "won")

    @live_write
    def reword(change):
        row.text, row.html = "none", "nothing that was named"
        change.edit(row, "text")

    reword()
    with transaction.atomic():
        reword()
    row.refresh_from_db()
    assert (row.text, row.html) == ("none", "won")


def test_two_edits_of_one_row_in_one_write_end_at_the_head(lobby):
    [row] = add(lobby, "one")

    @live_write
    def twice(change):
        change.edit(row, "text")
        change.edit(row, "html")

    twice()
    row.refresh_from_db()
    assert row.changed == read_heads([lobby.stream])[lobby.stream] == 3


def test_a_touch_moves_the_head_alone(lobby):
    touch("people.7", lobby.stream)
    assert read_heads(["people.7", lobby.stream, "never"]) == {"people.7": 1, lobby.stream: 1, "never": 0}
    assert not Head.objects.filter(name="never").exists()


def test_one_write_numbers_each_stream_for_itself(lobby, ann):
    other = Room.objects.create(title="Other", owner=ann)
    add(lobby, "here")

    @live_write
    def both(change):
        change.add(line(lobby))
        change.add(line(other))

    both()
    assert (numbers(lobby), numbers(other)) == ([1, 2], [1])


@live_write
def say_in(change, *rooms):
    for room in rooms:
        change.add(line(room))


def test_eight_threads_with_rollbacks_leave_dense_numbers_in_commit_order_and_no_deadlock(lobby, ann):
    """A reader that follows the head never finds a row below it afterwards."""
    other = Room.objects.create(title="Other", owner=ann)
    before = writes.counts["deadlocks"]

    def write(seed):
        chance = random.Random(seed)
        rooms = (lobby, other) if seed % 2 else (other, lobby)
        try:
            for n in range(15):
                if chance.random() < 0.2:
                    with pytest.raises(Spoilt):
                        spoil(lobby)
                elif n % 3:
                    say_in(*rooms)
                else:
                    with transaction.atomic():
                        say_in(*rooms)
                        transaction.set_rollback(chance.random() < 0.2)
        finally:
            connection.close()

    seen, holes = [], []
    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, seed) for seed in range(8)]
        while not all(writer.done() for writer in writers):
            fresh = lobby.messages.filter(seq__gt=len(seen)).order_by("seq").values_list("seq", flat=True)
            seen += fresh
            holes += [seq for place, seq in enumerate(seen, start=1) if place != seq]
            sleep(0.003)  # a reader in a hurry would hold the writers' interpreter
    [writer.result() for writer in writers]
    stored = sorted(numbers(lobby))
    assert not holes
    assert stored == list(range(1, len(stored) + 1))
    assert read_heads([lobby.stream]) == {lobby.stream: len(stored)}
    assert len(numbers(other)) == len(stored)
    assert writes.counts["deadlocks"] == before


@pytest.mark.parametrize("how", ["plain", "expression", "key", "many"])
def test_rows_are_stored_as_django_stores_them(lobby, how):
    made = timezone.now()
    given = {"plain": {}, "expression": {"text": Lower(Value("TEA"))}, "key": {"pk": 4711}, "many": {}}[how]
    like = {"created": made, "heading_at": made, "html": "tea", "files": [{"a": 1}], "quote": None, "text": "tea"}
    rows = [line(lobby, **like | given, seq=seq) for seq in range(1, 2 if how != "many" else 102)]
    insert(Message, rows)
    twin = line(lobby, **like, seq=1000)
    twin.save()
    stored = Message.objects.filter(pk__in=[row.pk for row in rows]).order_by("seq")
    fields = {field.attname for field in Message._meta.concrete_fields} - {"id", "seq"}
    assert [{name: getattr(row, name) for name in fields} for row in stored] == [
        {name: getattr(Message.objects.get(pk=twin.pk), name) for name in fields}
    ] * len(rows)
    assert [row.pk for row in rows] == [row.pk for row in stored]
    assert not any(row._state.adding for row in rows)
    assert rows[0].pk == given.get("pk", rows[0].pk)


def test_rights_are_revoked_of_people_and_of_primary_keys(ann, ben):
    writes.revoke(ann, ben.pk)
    names = [writes.rights(person.pk) for person in (ann, ben)]
    assert read_heads(names) == dict.fromkeys(names, 1)
