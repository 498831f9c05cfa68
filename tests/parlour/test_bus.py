"""Several processes: what one commits, the pages of the others show; each follows only what its pages do.

A hint says "look again"; that it goes out delays nobody, and that it does not is no fault.
"""

import asyncio
import atexit
import threading
import time

import pytest

from parlour import bus
from parlour.database import run
from parlour.models import read_heads
from parlour.testing import lost_hints
from parlour.writes import rights
from rooms.unread import read_stream
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def elsewhere(layer, room, text):
    """Another process commits a line, and its hint comes."""
    with lost_hints():
        await run(add, room, text)
    seq = (await run(read_heads, [room.stream]))[room.stream]
    await layer.group_send(room.stream, {"type": "hint", "name": room.stream, "seq": seq})


async def joined(layer, *names):
    """Wait until the groups of these names, and no others, have a member."""
    await eventually(lambda: {name for name, members in layer.groups.items() if members} == set(names))


async def test_a_hint_from_another_process_shows_its_line_at_once_and_junk_stops_nobody(ann, lobby, layer):
    async with RecordingPage(ann) as page:
        await eventually(lambda: layer.groups[lobby.stream])
        await layer.group_send(lobby.stream, {"type": "hint", "name": lobby.stream, "seq": None})
        await elsewhere(layer, lobby, "from afar")
        await page.shows("from afar")


async def test_what_is_committed_here_is_told_to_the_others(ann, lobby, layer):
    async with RecordingPage(ann) as page:
        await run(add, lobby, "from here")
        await page.shows("from here")
        await eventually(lambda: (lobby.stream, 1) in sent(layer))


async def test_without_a_layer_the_pages_of_this_process_are_told_at_once(ann, lobby, conf):
    conf(TICK=60)
    assert bus.publisher() is None
    async with RecordingPage(ann) as page:
        await run(add, lobby, "from here")
        await page.shows("from here")


async def test_a_process_follows_what_its_pages_follow_and_no_more(ann, lobby, layer, conf):
    conf(TICK=0.1, GRACE=0)
    async with RecordingPage(ann):
        own, of_room = (rights(ann.pk), read_stream(ann.pk)), (lobby.stream, lobby.people, lobby.rules_stream)
        await joined(layer, *own, *of_room, lobby.pins)
    await joined(layer)


async def test_a_line_that_came_before_the_group_was_joined_is_not_missed(ann, lobby, layer):
    """Between the first paint and the subscription no hint reaches this process."""
    layer.hangs = True
    async with RecordingPage(ann) as page:
        with lost_hints():
            await run(add, lobby, "in between")
        assert "in between" not in page.document.text()
        layer.hangs = False
        await page.shows("in between")


@pytest.mark.parametrize("known", [False, True], ids=["from the start", "for a new group"])
async def test_a_group_is_joined_when_the_bus_comes_back(ann, ben, lobby, layer, conf, known):
    conf(TICK=0.1)
    layer.away = not known
    async with RecordingPage(ann):
        if known:
            await eventually(lambda: layer.groups[rights(ann.pk)])
        layer.away = True
        async with RecordingPage(ben) as page:
            tries = layer.tries
            await eventually(lambda: layer.tries > tries + 1)
            layer.away = False
            await eventually(lambda: layer.groups[rights(ben.pk)] and layer.groups[lobby.stream])
            await elsewhere(layer, lobby, "after the bus")
            await page.shows("after the bus")


async def test_typing_crosses_processes_and_does_not_come_back(ann, ben, lobby, layer):
    async with RecordingPage(ann) as page, RecordingPage(ben) as typist:
        await eventually(lambda: layer.groups[lobby.stream])
        await typist.send(kind="typing")
        await eventually(lambda: any(message["type"] == "transient" for message in layer.sent))
        transient = next(message for message in layer.sent if message["type"] == "transient")
        await elsewhere(layer, lobby, "after it")  # what came back over the bus came before this
        await page.shows("after it")
        assert sum("Ben</bdi> is typing" in frame for frame in page.frames) == 1
        await layer.group_send(lobby.stream, transient | {"process": "another"})
        await page.until(lambda: sum("Ben</bdi> is typing" in frame for frame in page.frames) == 2)


@pytest.fixture
def publisher(layer):
    publisher = bus.Publisher()
    yield publisher
    layer.hangs = layer.away = False
    finish(publisher)
    atexit.unregister(publisher.close)
    publisher.loop.call_soon_threadsafe(publisher.loop.stop)


def sent(layer):
    return [(each["name"], each["seq"]) for each in layer.sent]


def finish(publisher, seconds=10):
    asyncio.run_coroutine_threadsafe(publisher._finish(), publisher.loop).result(seconds)


def test_what_accumulates_while_the_layer_hangs_goes_out_once_with_the_highest_head(layer, publisher):
    layer.hangs = True
    publisher.publish({"room.1": 1, "staff": 2})
    for seq in (3, 9, 4):
        publisher.publish({"room.1": seq})
    layer.hangs = False
    finish(publisher)
    assert sent(layer).count(("staff", 2)) == 1
    of_the_room = [seq for name, seq in sent(layer) if name == "room.1"]
    assert of_the_room in ([9], [1, 9])


def test_a_layer_that_is_away_costs_one_warning_and_no_fault(layer, publisher, log_lines):
    layer.away = True
    for seq in range(5):
        publisher.publish({"room.1": seq})
        finish(publisher)
    assert publisher.lost == 5
    assert len(log_lines) == 1
    layer.away = False
    publisher.publish({"room.1": 9})
    finish(publisher)
    assert sent(layer) == [("room.1", 9)]
    assert "go out again; 5 were lost" in log_lines[1]
    assert publisher.lost == 0


def test_a_layer_that_hangs_is_given_up_after_its_limit_and_transient_messages_are_bounded(
    layer, publisher, monkeypatch
):
    monkeypatch.setattr(bus, "LIMIT", 0.05)
    layer.hangs = True
    publisher.publish({"room.1": 1})
    finish(publisher, 2)
    assert publisher.lost == 1
    monkeypatch.setattr(bus, "LIMIT", 60)
    for _ in range(bus.TRANSIENTS_KEPT * 3):
        publisher.publish_transient({"type": "transient", "name": "room.1"})
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), publisher.loop).result(1)
    assert len(publisher.transients) <= bus.TRANSIENTS_KEPT


def test_a_command_sends_its_last_hint_before_it_ends_and_waits_not_long_for_a_layer_that_hangs(
    layer, publisher, monkeypatch
):
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "parlour-hints")
    for seq in range(20):
        command = bus.Publisher()
        command.publish({"room.1": seq})
        command.close()
    assert sent(layer) == [("room.1", seq) for seq in range(20)]
    monkeypatch.setattr(bus, "LIMIT", 0.1)
    layer.hangs = True
    publisher.publish({"room.1": 1})
    start = time.perf_counter()
    publisher.close()
    assert time.perf_counter() - start < 5
