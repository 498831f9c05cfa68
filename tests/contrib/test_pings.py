"""Pings of many sockets go out together, none later than its interval says, and their answers cost little."""

import pytest

from parlour.contrib.uvicorn.patches import TOGETHER, pings_together, quick_pongs


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


@pytest.fixture
def answering():
    class Answering:
        """Notes what the parser is given, and the answers that are taken past it."""

        pending_ping_payload, close_sent = b"ping", False

        def __init__(self):
            self.parsed, self.answered = [], []

        def data_received(self, data):
            self.parsed.append(data)

        def handle_pong(self, event):
            self.answered.append(event.data)

    quick_pongs(Answering)
    return Answering()


def pong(payload, mask=b"\1\2\3\4"):
    return bytes([0x8A, 0x80 | len(payload)]) + mask + bytes(a ^ b for a, b in zip(payload, mask * 9, strict=False))


def test_the_answer_to_a_ping_costs_no_parsing(answering):
    answering.data_received(pong(b"ping"))
    assert (answering.answered, answering.parsed) == ([b"ping"], [])


def test_what_only_looks_like_an_answer_is_parsed_and_counted_like_any_frame(answering):
    others = [
        pong(b"pong"),
        pong(b"pings"),
        pong(b"ping") + b"\x8a",
        pong(b"ping")[:-1],
        b"\x81\x84" + pong(b"ping")[2:],
    ]
    for other in others:
        answering.data_received(other)
    answering.close_sent = True
    answering.data_received(pong(b"ping"))
    assert (answering.answered, answering.parsed) == ([], [*others, pong(b"ping")])
