"""One part of a page, fed by several heads: the newest rows stay, whichever answer is slow."""

import pytest

from parlour import hub as hubs
from tests.parlour.fake_listener import FakeListener, FakeStream, eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_slow_answer_of_one_head_never_covers_a_newer_one_of_another():
    hub = hubs.current()
    await hub.ready()
    ear, slow, quick = FakeListener(), FakeStream("slow", "bell"), FakeStream("quick", "bell")
    for tape in (slow, quick):
        hub.follow(ear, tape, 0)
    await eventually(lambda: len(ear.got) == 2)
    slow.asking.clear()
    slow.free.clear()
    slow.seq = 1
    hub.heard("slow", 1)
    await eventually(slow.asking.is_set)  # it has read its rows, and does not come back yet
    quick.seq = 1
    hub.heard("quick", 1)
    await eventually(lambda: len(ear.got) == 3)
    asked = len(slow.asked)
    slow.free.set()
    await eventually(lambda: len(ear.got) == 4)
    assert len(slow.asked) == asked + 1  # what it had read was put away, and it was asked anew
    hub.leave(ear)
    assert not hub.places.filled


async def test_what_was_asked_later_and_shown_later_may_still_be_older():
    """One head was asked first and answers first; the other may have read before it, and is asked anew."""
    hub = hubs.current()
    await hub.ready()
    ear, first, second = FakeListener(), FakeStream("first", "bell"), FakeStream("second", "bell")
    for tape in (first, second):
        hub.follow(ear, tape, 0)
    await eventually(lambda: len(ear.got) == 2)
    for tape in (first, second):
        tape.asking.clear()
        tape.free.clear()
        tape.seq = 1
        hub.heard(tape.name, 1)
        await eventually(tape.asking.is_set)
    asked = len(second.asked)
    first.free.set()
    await eventually(lambda: len(ear.got) == 3)
    second.free.set()
    await eventually(lambda: len(ear.got) == 4)
    assert len(second.asked) == asked + 1
    hub.leave(ear)
