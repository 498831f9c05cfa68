"""Numbers are dense and in the order of commits; a write that fails leaves no trace."""

import random
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import connection, transaction

from parlour.models import Head, read_heads
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


def test_rows_are_numbered_from_one_without_holes(lobby):
    add(lobby, "one", "two")
    add(lobby, "three")
    assert numbers(lobby) == [1, 2, 3]
    assert read_heads([lobby.stream]) == {lobby.stream: 3}


def test_a_new_row_changed_when_it_was_made(lobby):
    add(lobby, "one", "two")
    assert [row.changed for row in lobby.messages.order_by("seq")] == [1, 2]


def test_a_write_that_raises_leaves_no_row_and_no_hole(lobby):
    add(lobby, "one")
    with pytest.raises(Spoilt):
        spoil(lobby)
    add(lobby, "two")
    assert numbers(lobby) == [1, 2]


def test_a_write_whose_rows_the_database_refuses_leaves_no_hole(lobby):
    with pytest.raises(Exception, match=r"(?i)null"):
        spoil(lobby, after_writing=True)
    add(lobby, "one")
    assert numbers(lobby) == [1]
    assert read_heads([lobby.stream]) == {lobby.stream: 1}


def test_a_write_that_collects_nothing_writes_nothing(lobby):
    assert add(lobby) == []
    assert not Head.objects.filter(name=lobby.stream).exists()


def test_an_edit_moves_the_head_and_keeps_the_rows_number(lobby):
    row, _ = add(lobby, "one", "two")
    edit(row, "won")
    row.refresh_from_db()
    assert (row.seq, row.changed, row.text) == (1, 3, "won")


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


def test_one_write_numbers_each_stream_for_itself(lobby, ann):
    other = Room.objects.create(title="Other", owner=ann)
    add(lobby, "here")

    @live_write
    def both(change):
        change.add(line(lobby))
        change.add(line(other))

    both()
    assert (numbers(lobby), numbers(other)) == ([1, 2], [1])


def test_eight_threads_with_rollbacks_leave_dense_numbers_in_commit_order(lobby):
    """A reader that follows the head never finds a row below it afterwards."""

    def write(seed):
        chance = random.Random(seed)
        try:
            for n in range(25):
                if chance.random() < 0.2:
                    with pytest.raises(Spoilt):
                        spoil(lobby)
                else:
                    add(lobby, f"{seed}/{n}")
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


def test_a_number_taken_in_a_transaction_that_fails_is_given_again(lobby):
    with transaction.atomic():
        add(lobby, "never")
        transaction.set_rollback(True)
    add(lobby, "one")
    assert list(Message.objects.values_list("seq", "text")) == [(1, "one")]
