"""Several processes: what one commits, the pages of the others show; each follows only what its pages do."""

import asyncio

import pytest

from parlour import bus
from parlour.database import run
from parlour.models import read_heads
from parlour.testing import Page, lost_hints
from parlour.writes import rights
from rooms.consumers import RoomConsumer
from tests.parlour.fake_channel_layer import Layer
from tests.parlour.fake_listener import eventually
from tests.parlour.messages import add

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def layer(monkeypatch, conf):
    layer = Layer()
    conf(TICK=60)
    monkeypatch.setattr(bus, "get_channel_layer", lambda: layer)
    return layer


def page_of(person):
    return Page(RoomConsumer, person, slug="lobby")


async def elsewhere(layer, room, text):
    """Another process commits a line, and its hint comes."""
    with lost_hints():
        await run(add, room, text)
    seq = (await run(read_heads, [room.stream]))[room.stream]
    await layer.group_send(room.stream, {"type": "hint", "name": room.stream, "seq": seq})


async def joined(layer, *names):
    """Wait until the groups of these names, and no others, have a member."""
    await eventually(lambda: {name for name, members in layer.groups.items() if members} == set(names))


async def test_a_hint_from_another_process_shows_its_line_at_once(ann, lobby, layer):
    async with page_of(ann) as page:
        await eventually(lambda: layer.groups[lobby.stream])
        await elsewhere(layer, lobby, "from afar")
        await page.shows("from afar")


async def test_what_is_committed_here_is_told_to_the_others(ann, lobby, layer):
    async with page_of(ann) as page:
        await run(add, lobby, "from here")
        await page.shows("from here")
        await eventually(
            lambda: ("hint", lobby.stream, 1) in [(m["type"], m["name"], m.get("seq")) for m in layer.sent]
        )


async def test_a_process_follows_what_its_pages_follow_and_no_more(ann, lobby, layer, conf):
    conf(TICK=0.1, GRACE=0)
    async with page_of(ann):
        await joined(layer, lobby.stream, lobby.people, lobby.rules_stream, rights(ann.pk))
    await joined(layer)


async def test_a_line_that_came_before_the_group_was_joined_is_not_missed(ann, lobby, layer):
    """Between the first paint and the subscription no hint reaches this process."""
    layer.hangs = True
    async with page_of(ann) as page:
        with lost_hints():
            await run(add, lobby, "in between")
        assert "in between" not in page.document.text()
        layer.hangs = False
        await page.shows("in between")


async def test_groups_are_joined_when_the_bus_comes_back(ann, lobby, layer, conf, log_lines):
    conf(TICK=0.1)
    layer.away = True
    async with page_of(ann) as page:
        await asyncio.sleep(0.3)
        layer.away = False
        await eventually(lambda: layer.groups[lobby.stream])
        await elsewhere(layer, lobby, "after the bus")
        await page.shows("after the bus")


async def test_a_group_that_could_not_be_joined_is_joined_later(ann, ben, lobby, layer, conf):
    conf(TICK=0.1)
    async with page_of(ann):
        await eventually(lambda: layer.groups[rights(ann.pk)])
        layer.away = True
        async with page_of(ben) as page:
            await asyncio.sleep(0.3)
            layer.away = False
            await eventually(lambda: layer.groups[rights(ben.pk)])
            await elsewhere(layer, lobby, "after the bus")
            await page.shows("after the bus")


async def test_typing_crosses_processes_and_does_not_come_back(ann, ben, lobby, layer):
    async with page_of(ann) as page, page_of(ben) as typist:
        await eventually(lambda: layer.groups[lobby.stream])
        await typist.send(kind="typing")
        await page.shows("Ben is typing")
        await eventually(lambda: any(message["type"] == "transient" for message in layer.sent))
        transient = [message for message in layer.sent if message["type"] == "transient"]
        await asyncio.sleep(0.1)
        assert sum("Ben</bdi> is typing" in frame for frame in page.frames) == 1
        await layer.group_send(lobby.stream, transient[0] | {"process": "another"})
        await page.until(lambda: sum("Ben</bdi> is typing" in frame for frame in page.frames) == 2)


@pytest.mark.parametrize("junk", [{}, {"type": "hint"}, {"type": "hint", "name": "room.1", "seq": None}, {"type": "x"}])
async def test_junk_on_the_bus_stops_nobody(ann, lobby, layer, junk):
    async with page_of(ann) as page:
        await eventually(lambda: layer.groups[lobby.stream])
        await layer.group_send(lobby.stream, junk)
        await elsewhere(layer, lobby, "after it")
        await page.shows("after it")
