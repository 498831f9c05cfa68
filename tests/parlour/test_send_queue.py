"""Frames to one page: in order, together while it is busy, and never more than it may cost."""

import asyncio

import pytest

from parlour import send_queue as module
from parlour.send_queue import SendQueue


class Line:
    """A connection that can be held up; `sent` are the frames and codes that went through."""

    def __init__(self):
        self.sent = []
        self.busy = False
        self.free = asyncio.Event()
        self.free.set()

    async def send(self, event):
        assert not self.busy, "a server may turn round what is sent before the last was taken"
        self.busy = True
        if not self.free.is_set():
            await self.free.wait()
        self.busy = False
        self.sent.append(event.get("text", event.get("code")))


@pytest.fixture
async def line():
    return Line()


@pytest.fixture
def aborted(monkeypatch):
    aborted = []
    monkeypatch.setattr(module.contrib, "abort", aborted.append)
    return aborted


async def settled(box):
    while box.task is not None:
        await box.task


async def test_a_free_page_gets_each_frame_at_once(line):
    box = SendQueue(line.send)
    assert box.put("a")
    assert box.put("b")
    assert line.sent == ["a", "b"]


async def test_what_arrives_while_the_page_is_busy_goes_as_one_frame(line):
    line.free.clear()
    box = SendQueue(line.send)
    for text in "abcd":
        assert box.put(text)
    line.free.set()
    await settled(box)
    assert line.sent == ["a", "bcd"]


async def test_nothing_is_lost_or_turned_round_between_busy_and_free(line):
    box, expected = SendQueue(line.send), ""
    for n in range(200):
        line.free.clear() if n % 7 == 0 else line.free.set()
        expected += f"{n} "
        box.put(f"{n} ")
        if n % 3 == 0:
            await asyncio.sleep(0)
    line.free.set()
    await settled(box)
    assert "".join(line.sent) == expected


async def test_a_page_that_does_not_read_is_cut_off_at_so_many_frames(line, conf):
    conf(QUEUE_FRAMES=5)
    line.free.clear()
    box = SendQueue(line.send)
    assert [box.put("x") for _ in range(8)] == [True] * 6 + [False] * 2


async def test_a_page_that_does_not_read_is_cut_off_at_so_many_bytes(line, conf):
    conf(QUEUE_BYTES=1000)
    line.free.clear()
    box = SendQueue(line.send)
    assert [box.put("x" * 300) for _ in range(6)] == [True] * 4 + [False] * 2


async def test_bytes_are_counted_as_they_travel(line, conf):
    conf(QUEUE_BYTES=1000)
    line.free.clear()
    box = SendQueue(line.send)
    assert [box.put("\N{PARTY POPPER}" * 100) for _ in range(4)] == [True] * 3 + [False]


async def test_what_the_server_still_holds_counts_too(line, conf, monkeypatch):
    conf(QUEUE_BYTES=1000)
    monkeypatch.setattr(module.contrib, "write_backlog", lambda _: 2000)
    assert not SendQueue(line.send).put("x")


async def test_the_close_code_comes_after_what_waits(line):
    line.free.clear()
    box = SendQueue(line.send)
    box.put("a")
    box.put("b")
    asyncio.get_running_loop().call_later(0.02, line.free.set)
    await box.close(4003)
    assert line.sent == ["a", "b", 4003]


async def test_nothing_goes_out_after_the_close(line):
    box = SendQueue(line.send)
    await box.close(4003)
    assert box.put("late")
    assert line.sent == [4003]


async def test_a_close_that_does_not_get_through_drops_the_connection(line, aborted, monkeypatch):
    monkeypatch.setattr(module, "LINGER", 0.05)
    line.free.clear()
    box = SendQueue(line.send)
    box.put("a")
    await box.close(1012)
    assert aborted == [line.send]
    assert line.sent == []


@pytest.mark.parametrize("held_up", [False, True])
async def test_a_page_that_left_costs_nothing_more(held_up, log_lines):
    async def gone(event):
        if held_up:
            await asyncio.sleep(0)
        raise ConnectionResetError

    box = SendQueue(gone)
    assert box.put("a")
    await settled(box)
    assert box.put("b")
    await settled(box)
    await box.close(1000)
    assert box.waiting == []
    assert log_lines == []


@pytest.mark.parametrize("held_up", [False, True])
async def test_a_frame_that_cannot_be_sent_sends_the_page_away_and_raises_nowhere(held_up, log_lines):
    async def broken(event):
        if held_up:
            await asyncio.sleep(0)
        raise ValueError("no such frame")

    box = SendQueue(broken)
    first = box.put("a")
    await settled(box)
    assert not (first and box.put("b"))
    assert len(log_lines) >= 1
