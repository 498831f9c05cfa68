"""The bridge, request by request: large, slow, broken and odd ones."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application

from http_bridge import request_body
from http_bridge.request_body import IN_MEMORY
from parlour.testing import session_for

MIB = 1024**2
END, LEFT = {"type": "http.request"}, {"type": "http.disconnect"}


def length(size):
    return (b"content-length", str(size).encode())


@pytest.mark.parametrize("size", [1, IN_MEMORY, MIB - 2])
async def test_a_body_in_chunks_arrives_whole(ask, size):
    assert await ask(b"a", b"b" * size, b"c", END) == (200, b"||a" + b"b" * size + b"c", 0)


async def test_a_body_that_is_too_large_is_rejected_and_read_and_discarded(ask):
    assert (await ask(b"x" * MIB, END, headers=[length(MIB)]))[0] == 200
    assert await ask(b"x" * MIB, b"x", END, headers=[length(MIB + 1)]) == (413, b"||", 0)


async def test_only_so_much_is_discarded(ask, monkeypatch):
    monkeypatch.setattr(request_body, "MOST_DISCARDED", MIB + 9)
    assert await ask(b"x" * MIB, END, headers=[length(MIB + 10)]) == (413, b"||", 2)


async def test_a_body_that_comes_without_its_length_is_not_read(ask):
    assert await ask(b"a", END, headers=[(b"transfer-encoding", b"chunked")]) == (411, b"|HTTP_TRANSFER_ENCODING|", 2)


async def test_a_client_that_leaves_while_it_sends_takes_no_thread(ask):
    assert await ask(b"a", LEFT, headers=[length(2)]) == (None, b"", 0)


@pytest.mark.parametrize(("pace", "status"), [(1, 200), (1000, 408)])
async def test_the_deadline_of_a_body_moves_on_with_what_has_arrived(ask, monkeypatch, pace, status):
    async def later():
        await asyncio.sleep(0)
        return END

    monkeypatch.setattr(request_body, "GRACE", -2)
    monkeypatch.setattr(request_body, "PACE", pace)
    assert (await ask(b"x" * 1000, later))[0] == status


async def test_a_body_that_never_ends_is_rejected(ask, monkeypatch):
    monkeypatch.setattr(request_body, "GRACE", 0.1)
    assert await ask(b"a") == (408, b"||", 0)


@pytest.fixture
def upload(ask, settings):
    """upload(*chunks, size, cookie) sends a large body to an address for such; returns what `ask` does."""
    settings.UPLOAD_PATHS, settings.UPLOAD_LIMIT = {"/upload/": "unused"}, 4 * MIB

    async def upload(*chunks, size=MIB + 1, cookie=b"member"):
        return await ask(*chunks, headers=[(b"cookie", cookie), length(size)], path="/upload/")

    return upload


LARGE = b"x" * (MIB + 1)


async def test_an_upload_address_takes_large_bodies_up_to_the_limit_from_those_who_may(upload):
    assert (await upload(LARGE, END))[0] == 200
    assert (await upload(LARGE, END, size=5 * MIB))[0] == 200
    assert (await upload(LARGE, END, size=5 * MIB + 1))[0] == 413
    assert (await upload(LARGE, END, cookie=b"stranger"))[0] == 403


async def test_a_nearly_full_disk_takes_no_file_and_no_rest_of_one(upload, monkeypatch):
    free = iter([2**40, 2**40, 0])
    monkeypatch.setattr("http_bridge.wsgi_bridge.writable_bytes", lambda: next(free))
    monkeypatch.setattr("http_bridge.request_body.writable_bytes", lambda: next(free))
    assert await upload(b"x" * MIB, b"x", END) == (507, b"|HTTP_COOKIE|", 0)
    monkeypatch.undo()
    monkeypatch.setattr(request_body, "RESERVE", 2**60)
    assert (await upload(LARGE, END))[0] == 507


async def test_any_byte_but_nul_may_be_in_a_query(ask):
    assert (await ask(END, query=b"a=\xff&b=%20 c"))[:2] == (200, b"a=%FF&b=%20 c||")
    for query in (b"a=%00", b"a=\x00", b"a=%0%000", b"%00"):
        body = (await ask(END, query=query))[1]
        assert b"%00" not in body
        assert b"\x00" not in body


async def test_a_header_with_an_underscore_passes_for_no_other(ask):
    assert (await ask(END, headers=[(b"x_forwarded_proto", b"https"), (b"x-real", b"1")]))[1] == b"|HTTP_X_REAL|"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/admin/rooms/room/", b"access__exact=%00"),
        ("/admin/autocomplete/", b"app_label=rooms&model_name=room&field_name=owner&term=%00"),
        ("/admin/shop/order/", b"status__exact=%00"),
        ("/admin/accounts/user/", b"q=a%00b"),
        ("/alerts/", b"kind=%00"),
        ("/accounts/login/", b"next=%00"),
    ],
)
async def test_a_nul_in_a_query_breaks_no_page(ask, bridge, path, query):
    bridge.wsgi = get_wsgi_application()
    staff = await sync_to_async(get_user_model().objects.create_superuser)("staff")
    session = await sync_to_async(session_for)(staff)
    headers = [(b"cookie", f"{configured.SESSION_COOKIE_NAME}={session}".encode()), (b"host", b"testserver")]
    assert (await ask(END, method="GET", path=path, query=query, headers=headers))[0] in (200, 302)
