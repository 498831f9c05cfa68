"""A hint says "look again"; that it goes out delays nobody, and that it does not is no fault."""

import asyncio
import atexit
import time

import pytest

from parlour import bus
from tests.parlour.fake_channel_layer import Layer


@pytest.fixture
def layer(monkeypatch):
    layer = Layer()
    monkeypatch.setattr(bus, "get_channel_layer", lambda: layer)
    return layer


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


def finish(publisher, seconds=3):
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
    assert time.perf_counter() - start < 1
