"""A hint says "look again"; that it goes out delays nobody, and that it does not is no fault."""

import asyncio
import time

import pytest

from parlour import bus, hints
from parlour.bus import Publisher
from tests.parlour.fake_channel_layer import Layer
from tests.parlour.fake_listener import eventually


@pytest.fixture
def layer(monkeypatch):
    layer = Layer()
    monkeypatch.setattr(bus, "get_channel_layer", lambda: layer)
    return layer


def said(layer):
    return [(each["name"], each["seq"]) for each in layer.sent]


async def test_a_hint_goes_to_its_streams_group_with_the_head(layer):
    Publisher().put({"room.1": 5, "staff": 2})
    await eventually(lambda: said(layer) == [("room.1", 5), ("staff", 2)])


async def test_what_piles_up_goes_out_once_with_the_highest_head(layer):
    publisher = Publisher()
    for seq in (3, 9, 4):
        publisher.put({"room.1": seq})
    await publisher.task
    assert said(layer) == [("room.1", 9)]


async def test_what_comes_while_hints_go_out_follows(layer):
    publisher = Publisher()
    publisher.put({"room.1": 1})
    await asyncio.sleep(0)
    publisher.put({"room.1": 2})
    await publisher.task
    assert said(layer) == [("room.1", 1), ("room.1", 2)]


async def test_a_bus_that_is_away_costs_a_warning_and_no_fault(layer, log_lines):
    publisher = Publisher()
    layer.away = True
    for seq in range(5):
        publisher.put({"room.1": seq})
        await publisher.task
    assert publisher.lost == 5
    assert len(log_lines) == 1
    layer.away = False
    publisher.put({"room.1": 9})
    await publisher.task
    assert said(layer) == [("room.1", 9)]
    assert "go out again; 5 were lost" in log_lines[1]


async def test_a_bus_that_hangs_is_given_up_after_its_limit(layer, monkeypatch, log_lines):
    monkeypatch.setattr(bus, "LIMIT", 0.05)
    publisher, layer.hangs = Publisher(), True
    publisher.put({"room.1": 1})
    await asyncio.wait_for(publisher.task, 1)
    assert publisher.lost == 1


async def test_fleeting_lines_are_bounded_while_the_bus_hangs(layer, monkeypatch):
    monkeypatch.setattr(bus, "LIMIT", 0.2)
    publisher, layer.hangs = Publisher(), True
    for _ in range(bus.FLEETING_KEPT * 3):
        publisher.put_fleeting({"type": "fleeting", "name": "room.1"})
    assert len(publisher.fleeting) == bus.FLEETING_KEPT
    layer.hangs = False


def test_a_command_lets_its_last_hint_go_before_it_ends(layer):
    for seq in range(20):
        outsider = hints._Outsider()
        outsider.put({"room.1": seq})
        outsider.close()
    assert said(layer) == [("room.1", seq) for seq in range(20)]


def test_a_command_does_not_wait_long_for_a_bus_that_hangs(layer, monkeypatch):
    for module in (bus, hints):
        monkeypatch.setattr(module, "LIMIT", 0.1)
    layer.hangs = True
    outsider = hints._Outsider()
    outsider.put({"room.1": 1})
    start = time.perf_counter()
    outsider.close()
    assert time.perf_counter() - start < 1
