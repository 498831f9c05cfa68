"""What arrives while a commit runs goes into the next one; everybody gets the result that is theirs."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from e2e.support.waiting import eventually
from rooms.posting import MOST, GroupCommit

PATIENCE = 5
pytestmark = pytest.mark.django_db(transaction=True)


class Writer:
    """Notes its batches and waits inside the first until it is released."""

    def __init__(self):
        self.batches = []
        self.entered, self.released = threading.Event(), threading.Event()

    def __call__(self, items):
        self.batches.append(list(items))
        self.entered.set()
        assert len(self.batches) > 1 or self.released.wait(PATIENCE)
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]


@pytest.fixture
def writer():
    writer = Writer()
    writer.released.set()
    return writer


@pytest.fixture
def busy(writer):
    """A group that is in the middle of a commit, until `writer.released` is set."""
    writer.released.clear()
    group = GroupCommit(writer)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(group.submit, ["first"])
        assert writer.entered.wait(PATIENCE)
        yield group
        writer.released.set()


def results(*futures):
    return [result for future in futures for result in future.result(PATIENCE)]


def test_a_lone_item_is_written_at_once_by_whoever_brings_it(writer):
    assert GroupCommit(writer).submit(["one"]).result(0) == ["ONE"]


def test_a_lone_item_of_an_event_loop_is_written_by_a_thread_of_the_engine():
    group = GroupCommit(lambda items: [threading.current_thread().name for _ in items])
    assert group.submit(["mine"]).result(0) == [threading.current_thread().name]
    assert "parlour" in group.submit(["the engine's"], waits=False).result(PATIENCE)[0]


def test_after_a_commit_of_several_the_next_item_waits_a_moment_for_others(busy, writer, monkeypatch):
    """Many who write at once share their commits; somebody who writes alone waits for nobody."""
    waits, others_came = threading.Event(), threading.Event()
    monkeypatch.setattr("rooms.posting.sleep", lambda _: waits.set() or others_came.wait(PATIENCE))
    together = busy.submit(["a"]), busy.submit(["b"])
    writer.released.set()
    results(*together)
    eventually(lambda: not busy.running, PATIENCE, "the commit is over")
    one = busy.submit(["c"], waits=False)
    assert waits.wait(PATIENCE)
    other = busy.submit(["d"], waits=False)
    others_came.set()
    assert results(one, other) == ["C", "D"]
    assert writer.batches[1:] == [["a", "b"], ["c", "d"]]


def test_inside_a_transaction_an_item_is_part_of_it_even_while_a_commit_runs(busy, writer):
    with transaction.atomic():
        assert busy.submit(["mine"]).result(0) == ["MINE"]


def test_what_arrives_during_a_commit_shares_the_next_one(busy, writer):
    futures = busy.submit(["a", "b"]), busy.submit(["c"])
    writer.released.set()
    assert results(*futures) == ["A", "B", "C"]
    assert writer.batches == [["first"], ["a", "b", "c"]]


def test_no_commit_takes_more_than_its_share(busy, writer):
    futures = [busy.submit(["x"]) for _ in range(MOST + 5)]
    writer.released.set()
    results(*futures)
    assert [len(batch) for batch in writer.batches] == [1, MOST, 5]


def test_one_bad_submission_fails_alone_and_stops_no_later_commit(busy, writer):
    good, bad, also_good = (busy.submit([each]) for each in ("good", "bad", "also good"))
    writer.released.set()
    assert results(good, also_good) == ["GOOD", "ALSO GOOD"]
    with pytest.raises(ValueError, match="bad"):
        bad.result(PATIENCE)
    with pytest.raises(ValueError, match="bad"):
        results(busy.submit(["bad"]))
    assert results(busy.submit(["good"])) == ["GOOD"]


@pytest.mark.parametrize("texts", [["bad", "2", "3"], ["1", "bad", "3"], ["1", "2", "bad"]])
def test_what_is_submitted_together_is_stored_together_or_not_at_all(busy, writer, texts):
    """On a full disk the first of three may fail and the others fit: they would stand before it for ever."""
    failed, other = busy.submit(texts), busy.submit(["other"])
    writer.released.set()
    assert results(other) == ["OTHER"]
    with pytest.raises(ValueError, match="bad"):
        results(failed)
    assert all("bad" in batch for batch in writer.batches if set(batch) & set(texts))


def test_somebody_who_no_longer_waits_holds_up_nobody(busy, writer):
    """A server cancels the task of a page that left; its future is then cancelled too."""
    gone, there = busy.submit(["gone"]), busy.submit(["there"])
    gone.cancel()
    writer.released.set()
    assert results(there, busy.submit(["later"])) == ["THERE", "LATER"]


def test_a_lone_item_that_failed_is_tried_once_more():
    """Two processes store the same text at once: the one that came second finds it there."""
    tries = []

    def write(items):
        tries.append(items)
        if len(tries) == 1:
            raise ValueError("stored meanwhile")
        return ["found"]

    assert results(GroupCommit(write).submit(["text"])) == ["found"]
