"""What arrives while a commit runs goes into the next one; everybody gets the result that is theirs."""

import threading

import pytest
from django.db import transaction

from parlour.groups import MOST, Group

PATIENCE = 5


class Verb:
    """A verb that notes its batches and waits inside the first until it is let go."""

    def __init__(self):
        self.batches = []
        self.entered, self.free = threading.Event(), threading.Event()

    def __call__(self, items):
        self.batches.append(list(items))
        self.entered.set()
        assert self.free.wait(PATIENCE)
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]


@pytest.fixture
def verb():
    verb = Verb()
    yield verb
    verb.free.set()


def busy(group, verb):
    """Have `group` in the middle of a commit."""
    first = group.submit("first")
    assert verb.entered.wait(PATIENCE)
    return first


@pytest.mark.django_db(transaction=True)
def test_a_lone_item_starts_at_once(verb):
    verb.free.set()
    assert Group(verb).submit("one").result(PATIENCE) == "ONE"


@pytest.mark.django_db(transaction=True)
def test_what_arrives_during_a_commit_shares_the_next_one(verb):
    group = Group(verb)
    futures = [busy(group, verb), *map(group.submit, ["a", "b", "c"])]
    verb.free.set()
    assert [future.result(PATIENCE) for future in futures] == ["FIRST", "A", "B", "C"]
    assert verb.batches == [["first"], ["a", "b", "c"]]


@pytest.mark.django_db(transaction=True)
def test_no_commit_takes_more_than_its_share(verb):
    group = Group(verb)
    busy(group, verb)
    last = [group.submit("x") for _ in range(MOST + 5)][-1]
    verb.free.set()
    last.result(PATIENCE)
    assert [len(batch) for batch in verb.batches] == [1, MOST, 5]


@pytest.mark.django_db(transaction=True)
def test_one_bad_item_fails_alone(verb):
    group = Group(verb)
    busy(group, verb)
    good, bad, also_good = map(group.submit, ["good", "bad", "also good"])
    verb.free.set()
    assert good.result(PATIENCE) == "GOOD"
    assert also_good.result(PATIENCE) == "ALSO GOOD"
    with pytest.raises(ValueError, match="bad"):
        bad.result(PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_a_failed_commit_does_not_stop_the_next(verb):
    group = Group(verb)
    verb.free.set()
    with pytest.raises(ValueError, match="bad"):
        group.submit("bad").result(PATIENCE)
    assert group.submit("good").result(PATIENCE) == "GOOD"


@pytest.mark.django_db(transaction=True)
def test_somebody_who_no_longer_waits_holds_up_nobody(verb):
    """A server cancels the task of a page that left; its future is then cancelled too."""
    group = Group(verb)
    busy(group, verb)
    gone, there = group.submit("gone"), group.submit("there")
    gone.cancel()
    verb.free.set()
    assert there.result(PATIENCE) == "THERE"
    assert group.submit("later").result(PATIENCE) == "LATER"


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_the_item_is_done_there_and_then(verb):
    verb.free.set()
    with transaction.atomic():
        assert Group(verb).submit("mine").result(0) == "MINE"
