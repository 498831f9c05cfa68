"""Plain HTTP in front of Django: slow, large and odd requests."""

import asyncio
import contextlib

import pytest

from http_bridge import bodies
from http_bridge.bodies import LARGEST_BODY, SMALL
from tests.http_bridge.requests import part


@pytest.fixture
def dawdle(ask):
    """dawdle(body, client) sends this much and then waits, for as long as the test lasts."""
    tasks = []

    async def dawdle(body, client="192.0.2.1"):
        tasks.append(asyncio.create_task(ask(part(body, True), client=client)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return tasks[-1]

    yield dawdle
    for task in tasks:
        task.cancel()


async def test_a_body_in_parts_arrives_whole(ask):
    assert await ask(part(b"a", True), part(b"b", True), part(b"c")) == (200, b"||abc", 0)


async def test_a_body_too_large_is_refused_and_the_rest_of_it_is_thrown_away(ask):
    half = b"x" * (LARGEST_BODY // 2 + 1)
    status, body, left = await ask(part(half, True), part(half, True), part(b"read, not kept", True), part(b""))
    assert (status, left) == (413, 0)
    assert b"too large" in body


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(house, ask):
    headers = [(b"content-length", b"%d" % (LARGEST_BODY + 1))]
    assert (await ask({"type": "http.disconnect"}, headers=headers))[0] == 413


@pytest.mark.parametrize(("size", "unread"), [(100, 0), (101, 2)])
async def test_more_than_a_limit_is_not_thrown_away(ask, monkeypatch, size, unread):
    monkeypatch.setattr(bodies, "DRAINED", LARGEST_BODY + 100)
    headers = [(b"content-length", b"%d" % (LARGEST_BODY + size))]
    status, _, left = await ask(part(b"x" * LARGEST_BODY, True), part(b"x" * size), headers=headers)
    assert (status, left) == (413, unread)


async def test_a_client_that_leaves_while_sending_takes_no_thread(ask):
    assert await ask(part(b"a", True), {"type": "http.disconnect"}) == (None, b"", 0)


async def test_a_dawdler_is_told_so(ask, monkeypatch):
    monkeypatch.setattr(bodies, "GRACE", 0.1)
    status, body, _ = await ask(part(b"a", True))
    assert status == 408
    assert b"too long" in body


@pytest.mark.parametrize(("pace", "status"), [(1000, 408), (50, 200)])
async def test_who_never_pauses_for_long_must_still_keep_pace(ask, monkeypatch, pace, status):
    monkeypatch.setattr(bodies, "GRACE", 0.2)
    monkeypatch.setattr(bodies, "PACE", pace)

    async def trickle():
        await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=0.01)
        return part(b"x", True)

    assert (await ask(*[trickle] * 60, part(b"")))[0] == status


async def test_a_body_without_its_length_is_not_read(ask):
    status, words, left = await ask(part(b"a", True), part(b"b"), headers=[(b"transfer-encoding", b"chunked")])
    assert (status, left) == (411, 2)
    assert b"without its length" in words


async def test_one_address_that_dawdles_takes_no_place_from_another(ask, dawdle):
    for _ in range(33):
        await dawdle(b"x" * (LARGEST_BODY - 1))
    body = b"x" * (SMALL + 1)
    assert (await ask(part(body), client="192.0.2.2"))[0] == 200
    status, words, _ = await ask(part(body))
    assert status == 503
    assert b"Many people" in words


async def test_small_bodies_pass_when_the_house_is_full(ask, dawdle, monkeypatch):
    monkeypatch.setattr(bodies, "ALL", 4 * SMALL)
    for number in range(4):
        await dawdle(b"x" * (SMALL + 1), client=f"2001:db8:{number}::1")
    assert (await ask(part(b"x" * (SMALL + 1)), client="192.0.2.2"))[0] == 503
    assert (await ask(part(b"x" * SMALL), client="192.0.2.2"))[0] == 200
    assert (await ask(part(b"x" * SMALL), client="2001:db8:0::2"))[0] == 200


async def test_what_is_answered_or_left_is_no_longer_counted(house, ask, dawdle):
    await ask(part(b"x" * LARGEST_BODY))
    await ask(part(b"x" * LARGEST_BODY, True), {"type": "http.disconnect"})
    await ask(part(b"x" * (LARGEST_BODY + 1)))
    gone = await dawdle(b"x" * LARGEST_BODY)
    gone.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await gone
    assert not house.gathered.held


async def test_a_body_in_many_parts_counts_once(house, ask):
    parts = [part(b"x" * SMALL, True)] * (LARGEST_BODY // SMALL)
    for _ in range(2):
        assert (await ask(*parts, part(b"")))[0] == 200
    assert not house.gathered.held


async def test_nobody_waits_for_the_rest_of_a_dawdler(monkeypatch):
    monkeypatch.setattr(bodies, "GRACE", 0.05)
    incoming = bodies.Incoming({"headers": [(b"content-length", b"9")]}, asyncio.Event().wait)
    with pytest.raises(bodies.Unread):
        async for _ in incoming.parts():
            pass
    monkeypatch.setattr(bodies, "GRACE", 5)
    await asyncio.wait_for(incoming.drain(), 1)


async def test_any_byte_may_be_in_a_query(ask):
    status, body, _ = await ask(part(b""), query=b"a=\xff&b=%20 c")
    assert (status, body) == (200, b"a=%FF&b=%20 c||")


@pytest.mark.parametrize("query", [b"a=%00", b"a=\x00", b"a=%0%000", b"%00"])
async def test_no_query_holds_a_nul(ask, query):
    _, body, _ = await ask(part(b""), query=query)
    assert b"%00" not in body
    assert b"\x00" not in body


async def test_an_underscore_passes_for_no_dash(ask):
    _, body, _ = await ask(part(b""), headers=[(b"x_forwarded_proto", b"https"), (b"x-real", b"1")])
    assert body == b"|HTTP_X_REAL|"
