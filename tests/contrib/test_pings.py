"""Pings of many sockets go out together, and none later than its interval says."""

import pytest

from parlour.contrib.uvicorn.patches import TOGETHER, pings_together


class Loop:
    """A loop at a given time, which notes what is due when."""

    def __init__(self, now):
        self.now = now

    def time(self):
        return self.now

    def call_at(self, due, call):
        return due, call


class Protocol:
    ping_interval = 5

    def __init__(self, now):
        self.loop = Loop(now)

    def send_keepalive_ping(self): ...


@pytest.fixture(autouse=True)
def _patched():
    pings_together(Protocol)


def due(now):
    protocol = Protocol(now)
    protocol.schedule_ping()
    when, call = protocol.ping_timer
    assert call == protocol.send_keepalive_ping
    return when


def test_sockets_that_connected_within_one_turn_are_pinged_in_the_same():
    assert due(100.01) == due(100.2) != due(100.26)


def test_no_ping_is_late_so_that_a_dead_page_is_found_as_soon_as_before():
    for now in (100.0, 100.1, 100.24, 100.25):
        assert now + 5 - TOGETHER < due(now) <= now + 5
