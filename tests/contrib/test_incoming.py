"""What clients send that no application hears: heads and messages end in time, and only so much of them waits."""

import asyncio

import pytest

from parlour.contrib import incoming
from parlour.contrib.incoming import Incoming


@pytest.fixture
def idle(monkeypatch):
    """Connections without a request, of which three are many; `idle.closed` are the names of those that were closed."""
    monkeypatch.setattr(incoming, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(incoming, "HEAD_SECONDS_OF_MANY", 0.02)
    monkeypatch.setattr(incoming, "MANY", 3)
    connections = incoming.IdleConnections()
    connections.closed = []
    connections.open = lambda name: connections.add(name, lambda: connections.closed.append(name))
    return connections


@pytest.fixture
def socket(monkeypatch):
    """socket() is one with a share of 1000 bytes beyond ten of its own; its `codes` are those it was closed with."""
    monkeypatch.setattr(incoming, "SMALL", 10)
    monkeypatch.setattr(incoming, "MOST_BYTES", 1000)
    monkeypatch.setattr(incoming, "MESSAGE_SECONDS", 0.05)
    monkeypatch.setattr(Incoming, "held_by_all", 0)

    class Socket:
        def __init__(self):
            self.incoming, self.codes = None, []

        @property
        def its(self):
            return Incoming.of(self, lambda socket, code: socket.codes.append(code))

    return Socket


async def test_a_connection_has_so_long_to_send_the_head_of_a_request(idle):
    for name in "abc":
        idle.open(name)
    idle.remove("b")
    idle.open("a")  # it was answered, and has as long again
    await asyncio.sleep(0.2)
    assert idle.closed == ["c", "a"]
    assert not idle.deadlines
    idle.remove("a")


async def test_connections_that_come_while_there_are_many_have_less_time(idle):
    for name in "abcde":
        idle.open(name)
    idle.remove("d")
    await asyncio.sleep(0.06)
    assert idle.closed == ["e"]
    await asyncio.sleep(0.1)
    assert idle.closed == ["e", "a", "b", "c"]


async def test_a_message_ends_in_time_and_a_new_one_has_its_own(socket):
    slow, steady = socket(), socket()
    slow.its.unfinished(5)
    for _ in range(6):
        steady.its.unfinished(5, True)
        await asyncio.sleep(0.02)
    assert slow.codes == [1013]
    assert steady.codes == []
    steady.its.unfinished(0)
    await asyncio.sleep(0.1)
    assert steady.codes == []


async def test_unfinished_messages_share_what_is_there_and_small_ones_are_free(socket):
    large, small, another = socket(), socket(), socket()
    large.its.unfinished(1010)
    small.its.unfinished(10)
    another.its.unfinished(11)
    assert (large.codes, small.codes, another.codes) == ([], [], [1013])
    another.its.unfinished(0)
    large.its.unfinished(500)
    another.its.unfinished(520)
    assert another.codes == [1013]
    for each in (large, small, another):
        each.its.unfinished(0)
    assert Incoming.held_by_all == 0


async def test_frames_that_are_no_message_draw_from_a_bucket(socket):
    page = socket()
    page.its.frames(200)
    assert page.codes == []
    page.its.frames()
    assert page.codes == [1008]
