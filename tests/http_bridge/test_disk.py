"""Uploads as far as there is room: on the disk, in the house, and in time."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as configured

from accounts.models import User
from http_bridge import bodies, uploads
from http_bridge.bodies import LARGEST_BODY
from parlour.testing import session_for
from tests.http_bridge.requests import part
from tests.parlour.fake_listener import eventually

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 4 * LARGEST_BODY


def may_send(person):
    return True


@pytest.fixture
def upload(ask, settings):
    """upload(*events, who, length) sends a large body to /take/ as `who`; returns what `ask` does."""
    settings.LARGE_BODIES = {"/take/": ("tests.http_bridge.test_disk.may_send", LIMIT)}

    async def upload(*events, who="ann", length=LARGEST_BODY + 1, client="192.0.2.1"):
        person, _ = await User.objects.aget_or_create(username=who)
        cookie = f"{configured.SESSION_COOKIE_NAME}={await sync_to_async(session_for)(person)}".encode()
        length = [(b"content-length", str(length).encode())]
        return await ask(*events, headers=[(b"cookie", cookie), *length], path="/take/", client=client)

    return upload


def full(answer):
    status, words, left = answer
    return (status, b"nearly full" in words, left) == (507, True, 0)


LARGE = part(b"x" * (LARGEST_BODY + 1))


async def test_there_is_room(upload):
    assert (await upload(LARGE))[0] == 200


async def test_a_file_larger_than_what_is_free_is_not_begun(upload, monkeypatch):
    monkeypatch.setattr("http_bridge.disk.RESERVE", 2**60)
    monkeypatch.setattr(uploads, "_nameless_file", None)
    assert full(await upload(LARGE))


async def test_a_disk_that_fills_meanwhile_is_told_and_the_rest_is_read(upload, monkeypatch):
    monkeypatch.setattr(uploads, "_nameless_file", partial(Path("/dev/full").open, "wb+", buffering=0))
    assert full(await upload(part(b"x", True), part(b"x")))


async def test_what_is_kept_for_the_database_stays_free(upload, monkeypatch):
    rooms = iter([2**40, 2**40, 0])
    monkeypatch.setattr(uploads, "room", lambda: next(rooms))
    assert full(await upload(part(b"x", True), part(b"x", True), part(b"x")))


async def test_the_house_takes_some_at_a_time_and_nobody_keeps_a_place(house, upload, monkeypatch):
    monkeypatch.setattr(uploads, "ALL", 1)
    first = asyncio.create_task(upload(part(b"x", True)))
    await eventually(house.uploads.sending.total)
    assert (await upload(LARGE, who="ben"))[0] == 503
    first.cancel()
    await asyncio.wait([first])
    assert (await upload(LARGE, who="ben"))[0] == 200
    assert (await upload(part(b"x", True), {"type": "http.disconnect"})) == (None, b"", 0)
    assert not house.uploads.sending.total()


async def test_one_neighbourhood_takes_three_places_of_eight(house, upload):
    sending = []
    for number in range(uploads.NEAR):
        sending.append(asyncio.create_task(upload(part(b"x", True), who=f"cy{number}", client=f"2001:db8::{number}")))
        await eventually(lambda number=number: house.uploads.sending.total() > number)
    assert (await upload(LARGE, client="2001:db8::9"))[0] == 503
    assert (await upload(LARGE, client="2001:db8:0:1::9"))[0] == 200
    sending[0].cancel()
    await asyncio.wait(sending[:1])
    assert (await upload(LARGE, client="2001:db8::9"))[0] == 200
    for each in sending:
        each.cancel()
    await asyncio.wait(sending)
    assert not house.uploads.near


async def test_no_upload_lasts_for_ever(upload, monkeypatch):
    monkeypatch.setattr(bodies, "GRACE", 0.2)
    assert (await upload(part(b"x", True)))[0] == 408
