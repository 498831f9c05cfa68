"""One part of a page, fed by several heads: the newest rows stay, whichever answer is slow."""

import pytest

from parlour import hub as hubs
from tests.parlour.ears import Ear, Tape, soon

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_slow_answer_of_one_head_never_covers_a_newer_one_of_another():
    hub = hubs.current()
    await hub.ready()
    ear, slow, quick = Ear(), Tape("slow", "bell"), Tape("quick", "bell")
    for tape in (slow, quick):
        hub.follow(ear, tape, 0)
    await soon(lambda: len(ear.got) == 2)
    slow.asking.clear()
    slow.free.clear()
    slow.seq = 1
    hub.heard("slow", 1)
    await soon(slow.asking.is_set)  # it has read its rows, and does not come back yet
    quick.seq = 1
    hub.heard("quick", 1)
    await soon(lambda: len(ear.got) == 3)
    asked = len(slow.asked)
    slow.free.set()
    await soon(lambda: len(ear.got) == 4)
    assert len(slow.asked) == asked + 1  # what it had read was put away, and it was asked anew
    hub.leave(ear)
    assert not hub.places.filled
