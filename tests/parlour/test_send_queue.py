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
async def stalled(line):
    """A line whose page reads nothing until `free` is set."""
    line.free.clear()
    return line


async def settled(queue):
    while queue.task is not None:
        await queue.task


async def test_a_free_page_gets_a_frame_at_once_and_a_busy_one_all_that_waits_in_one(line):
    queue = SendQueue(line.send)
    line.free.clear()
    assert queue.put("a")
    await asyncio.sleep(0)
    for text in "bcd":
        assert queue.put(text)
    line.free.set()
    await settled(queue)
    assert queue.put("e")
    await settled(queue)
    assert line.sent == ["a", "bcd", "e"]


async def test_nothing_is_lost_or_turned_round_between_busy_and_free(line):
    queue, expected = SendQueue(line.send), ""
    for n in range(200):
        line.free.clear() if n % 7 == 0 else line.free.set()
        expected += f"{n} "
        queue.put(f"{n} ")
        if n % 3 == 0:
            await asyncio.sleep(0)
    line.free.set()
    await settled(queue)
    assert "".join(line.sent) == expected


@pytest.mark.parametrize(
    ("limit", "frame", "taken"),
    [
        ({"QUEUE_FRAMES": 5}, "x", 5),
        ({"QUEUE_BYTES": 1000}, "x" * 300, 3),
        ({"QUEUE_BYTES": 1000}, "\N{PARTY POPPER}" * 100, 2),  # bytes are counted as they travel
    ],
    ids=["frames", "bytes", "characters of four bytes"],
)
async def test_a_page_that_does_not_read_is_cut_off(stalled, conf, limit, frame, taken):
    conf(**limit)
    queue = SendQueue(stalled.send)
    assert [queue.put(frame) for _ in range(taken + 2)] == [True] * taken + [False] * 2


async def test_what_the_server_still_holds_counts_too(line, conf, monkeypatch):
    conf(QUEUE_BYTES=1000)
    monkeypatch.setattr(module.contrib, "write_backlog", {line.send: 2000}.get)
    assert not SendQueue(line.send).put("x")


async def test_the_close_code_comes_after_what_waits_and_nothing_after_it(stalled):
    queue = SendQueue(stalled.send)
    for text in "abc":
        queue.put(text)
        await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.02, stalled.free.set)
    await queue.close(4003)
    assert queue.put("late")
    assert stalled.sent == ["a", "bc", 4003]


async def test_a_close_that_does_not_get_through_drops_the_connection(stalled, monkeypatch):
    aborted = []
    monkeypatch.setattr(module.contrib, "abort", aborted.append)
    monkeypatch.setattr(module, "LINGER", 0.05)
    queue = SendQueue(stalled.send)
    queue.put("a")
    await queue.close(1012)
    assert aborted == [stalled.send]
    assert stalled.sent == []


async def test_what_is_written_past_the_server_waits_its_turn_too(line, monkeypatch):
    """A server's own socket may take a text directly, but none while an earlier one is on its way."""
    writable = True
    writers = {line.send: lambda text: writable and (line.sent.append(f"{text}!") or True)}
    monkeypatch.setattr(module.contrib, "text_writer", writers.get)
    queue = SendQueue(line.send)
    await queue.accept()
    queue.put("a")
    writable = False
    line.free.clear()
    queue.put("b")
    writable = True
    queue.put("c")
    line.free.set()
    await settled(queue)
    queue.put("d")
    assert line.sent == [None, "a!", "bc", "d!"], "the handshake, and the texts"


async def test_a_text_that_cannot_be_written_sends_the_page_away(line, monkeypatch, log_lines):
    """Its cursor is past it already: the page has to come back and ask again."""
    monkeypatch.setattr(module.contrib, "text_writer", lambda _: str.encode)
    queue = SendQueue(line.send)
    await queue.accept()
    assert not queue.put("half a character: \ud83d")
    assert len(log_lines) >= 1


async def test_a_server_may_send_by_any_awaitable():
    sent = []

    def send(event):
        sent.append(event["text"])
        return asyncio.sleep(0) if len(sent) == 1 else asyncio.ensure_future(asyncio.sleep(0))

    queue = SendQueue(send)
    for text in "abc":
        assert queue.put(text)
        await settled(queue)
    assert sent == ["a", "b", "c"]


def failing(error, held_up, sent):
    async def send(event):
        sent.append(event)
        if held_up:
            await asyncio.sleep(0)
        raise error

    return send


@pytest.mark.parametrize("held_up", [False, True])
async def test_a_page_that_left_costs_nothing_more(held_up, log_lines):
    sent = []
    queue = SendQueue(failing(ConnectionResetError(), held_up, sent))
    for text in "ab":
        assert queue.put(text)
        await settled(queue)
    assert len(sent) == 1
    await queue.close(1000)
    assert queue.waiting == []
    assert log_lines == []


@pytest.mark.parametrize("held_up", [False, True])
async def test_a_frame_that_cannot_be_sent_sends_the_page_away_and_raises_nowhere(held_up, log_lines):
    queue = SendQueue(failing(ValueError("no such frame"), held_up, []))
    first = queue.put("a")
    await settled(queue)
    assert not (first and queue.put("b"))
    assert len(log_lines) >= 1
