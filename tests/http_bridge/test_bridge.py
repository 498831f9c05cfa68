"""The bridge, request by request: large, slow, broken and odd ones."""

import asyncio
import os
from io import BytesIO
from threading import Event
from types import SimpleNamespace

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from http_bridge import wsgi_bridge
from http_bridge.wsgi_bridge import IN_MEMORY, WsgiBridge
from parlour import log_source
from tests.waiting import eventually

MIB = 1024**2
END, GONE = {"type": "http.request"}, {"type": "http.disconnect"}
SCOPE = {"type": "http", "method": "POST", "path": "/", "http_version": "1.1", "scheme": "http"}
SCOPE |= {"query_string": b"", "headers": [], "server": None, "client": ("192.0.2.1", 1)}


def length(size):
    return (b"content-length", str(size).encode())


def echo(environ, start_response):
    rejected = environ["asgi.scope"].get("body_rejected")
    start_response(f"{rejected.status if rejected else 200} x", [("Content-Type", "text/plain")])
    names = ",".join(name for name in environ if name.startswith("HTTP_"))
    return HttpResponse([f"{environ['QUERY_STRING']}|{names}|", environ["wsgi.input"].read()])


@pytest.fixture
def bridge():
    return WsgiBridge(echo)


@pytest.fixture
def ask(bridge):
    """ask(*chunks, query, headers, path, method) sends a body chunk by chunk; returns (status, body, chunks not read).

    A chunk may be a whole event, or seconds to wait. When they have run out the client sends no more.
    """

    async def ask(*chunks, query=b"", headers=(), path="/", method="POST"):
        scope = SCOPE | {"method": method, "path": path, "query_string": query, "headers": list(headers)}
        waiting, sent = list(chunks), []

        async def receive():
            chunk = waiting.pop(0) if waiting else 60.0
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
                return await receive()
            return {"type": "http.request", "body": chunk, "more_body": True} if isinstance(chunk, bytes) else chunk

        async def send(event):
            sent.append(event)

        await bridge(scope, receive, send)
        body = b"".join(event.get("body", b"") for event in sent)
        return (sent[0]["status"] if sent else None), body, len(waiting)

    return ask


@pytest.mark.parametrize("size", [1, IN_MEMORY, MIB - 2])
async def test_a_body_in_chunks_arrives_whole(ask, size):
    assert await ask(b"a", b"b" * size, b"c", END) == (200, b"||a" + b"b" * size + b"c", 0)


async def test_a_page_is_answered_without_waiting_for_a_body_that_it_has_not(ask):
    assert await asyncio.wait_for(ask(method="GET"), 5) == (200, b"||", 0)


async def test_a_body_that_is_too_large_is_rejected_and_read_and_discarded(ask, settings):
    assert (await ask(b"x" * MIB, END, headers=[length(MIB)]))[0] == 200
    assert await ask(b"x" * MIB, b"x", END, headers=[length(MIB + 1)]) == (413, b"||", 0)
    settings.UPLOAD_LIMITS = {r"/upload/\d+/": 4 * MIB}
    for size, status in ((5 * MIB, 200), (5 * MIB + 1, 413)):  # a form has 1 MiB besides its file
        assert (await ask(b"x", END, headers=[length(size)], path="/upload/7/"))[0] == status
    assert (await ask(b"x", END, headers=[length(MIB + 1)], path="/upload/7/more/"))[0] == 413


async def test_only_so_much_is_discarded(ask, monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "MOST_DISCARDED", MIB + 9)
    assert await ask(b"x" * MIB, END, headers=[length(MIB + 10)]) == (413, b"||", 2)


async def test_a_body_that_comes_without_its_length_is_not_read(ask):
    assert await ask(b"a", END, headers=[(b"transfer-encoding", b"chunked")]) == (411, b"|HTTP_TRANSFER_ENCODING|", 2)


async def test_a_client_that_leaves_while_it_sends_takes_no_thread_and_is_no_fault(ask):
    assert await ask(b"a", GONE, headers=[length(2)]) == (None, b"", 0)
    assert await ask(b"a", GONE, headers=[length(MIB + 1)]) == (413, b"||", 0)


@pytest.mark.parametrize(("pace", "status"), [(10, 200), (10**6, 408)])
async def test_the_deadline_of_a_body_moves_on_with_what_has_arrived(ask, monkeypatch, pace, status):
    monkeypatch.setattr(wsgi_bridge, "GRACE", 0.1)
    monkeypatch.setattr(wsgi_bridge, "PACE", pace)
    assert (await ask(b"x" * 1000, 0.3, END, headers=[length(1000)]))[0] == status


async def test_a_body_that_never_ends_is_rejected(ask, monkeypatch):
    monkeypatch.setattr(wsgi_bridge, "GRACE", 0.1)
    assert await ask(b"a", headers=[length(2)]) == (408, b"||", 0)


async def test_a_nearly_full_disk_takes_no_large_body(ask, monkeypatch):
    size = IN_MEMORY + 1
    for free, status in ((wsgi_bridge.RESERVE + size - 1, 507), (wsgi_bridge.RESERVE + size, 200)):
        monkeypatch.setattr(wsgi_bridge.shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert (await ask(b"x" * IN_MEMORY, END, headers=[length(IN_MEMORY)]))[0] == 200
        assert (await ask(b"x" * IN_MEMORY, b"x", END, headers=[length(size)]))[::2] == (status, 0)


async def test_a_long_body_is_in_a_file_on_the_disk_that_is_looked_at_and_has_its_length(ask, bridge, settings):
    def where(environ, start_response):
        start_response("200 x", [])
        body = environ["wsgi.input"]
        file = os.readlink(f"/proc/self/fd/{body.fileno()}") if body._rolled else "memory"
        return HttpResponse(f"{environ['CONTENT_LENGTH']} {file.startswith(str(settings.UPLOADS))}")

    bridge.wsgi = where
    for size in (IN_MEMORY, IN_MEMORY + 1):
        body = (await ask(b"x" * size, END, headers=[length(size)]))[1]
        assert body == f"{size} {size > IN_MEMORY}".encode()


async def test_django_has_so_many_threads_and_no_more():
    inside, free = [], Event()

    def slow(environ, start_response):
        inside.append(1)
        free.wait(10)
        start_response("204 x", [])
        return HttpResponse()

    bridge = WsgiBridge(slow, threads=2)
    requests = [asyncio.create_task(bridge._call_django(SCOPE | {"request_id": "x"}, BytesIO())) for _ in range(5)]
    await eventually(lambda: len(inside) == 2 and bridge.pool._work_queue.qsize() == 3)
    free.set()
    assert [start["status"] for start, *_ in await asyncio.gather(*requests)] == [204] * 5


@pytest.mark.parametrize("size", [0, 9, IN_MEMORY - 1, IN_MEMORY, 3 * IN_MEMORY + 5])
async def test_a_streaming_response_arrives_whole_a_piece_is_made_when_the_one_before_was_sent(bridge, size):
    made, ahead, closed = [], [], []

    def content():
        try:
            for at in range(0, size, 5):
                made.append(1)
                yield b"x" * min(5, size - at)
        finally:
            closed.append(1)

    def stream(environ, start_response):
        start_response("200 x", [])
        return StreamingHttpResponse(content())

    async def receive():
        return END

    sent = []

    async def send(event):
        sent.append(event.get("body", b""))
        ahead.append(5 * len(made) - len(b"".join(sent)))

    bridge.wsgi = stream
    await bridge(SCOPE | {"headers": [length(0)]}, receive, send)
    assert b"".join(sent) == b"x" * size
    assert max(ahead) < 2 * IN_MEMORY + 20
    assert closed == [1]


async def test_a_streaming_response_that_fails_is_closed_and_does_not_look_complete(bridge):
    closed, sent = [], []

    def content():
        try:
            yield b"x" * IN_MEMORY
            raise ArithmeticError
        finally:
            closed.append(1)

    def stream(environ, start_response):
        start_response("200 x", [])
        return StreamingHttpResponse(content())

    async def receive():
        return END

    async def send(event):
        sent.append(event)

    bridge.wsgi = stream
    with pytest.raises(ArithmeticError):
        await bridge(SCOPE | {"headers": [length(0)]}, receive, send)
    assert closed
    assert not [event for event in sent[1:] if not event.get("more_body")]


async def test_any_byte_but_nul_may_be_in_a_query(ask):
    assert (await ask(END, query=b"a=\xff&b=%20 c"))[:2] == (200, b"a=%FF&b=%20 c||")
    for query in (b"a=%00", b"a=\x00", b"a=%0%000", b"%00"):
        body = (await ask(END, query=query))[1]
        assert b"%00" not in body
        assert b"\x00" not in body


async def test_a_header_with_an_underscore_passes_for_no_other(ask):
    assert (await ask(END, headers=[(b"x_forwarded_proto", b"https"), (b"x-real", b"1")]))[1] == b"|HTTP_X_REAL|"


@pytest.mark.parametrize("sent", [b"5f2c81d0", b"A-request.of_nginx" + b"1" * 46])
async def test_a_request_keeps_the_id_that_a_proxy_gave_it(ask_for_id, sent):
    assert await ask_for_id((b"x-request-id", sent)) == [sent.decode()] * 2


@pytest.mark.parametrize("sent", [b"", b"1" * 65, b"two words", b"line\n", b"\x1b[31m", "ü".encode(), b"a;b", None])
async def test_an_id_that_may_not_stand_in_a_log_line_is_replaced_by_a_new_one(ask_for_id, sent):
    ids = [await ask_for_id(*([(b"x-request-id", sent)] if sent is not None else [])) for _ in range(2)]
    assert all(answered == logged and len(logged) == 16 for answered, logged in ids)
    assert ids[0] != ids[1]


@pytest.fixture
def ask_for_id():
    """The id that the response has, and the one that log lines have meanwhile."""

    async def ask(*headers):
        logged, sent = [], []

        def app(environ, start_response):
            logged.append(log_source.get())
            start_response("200 x", [])
            return HttpResponse()

        async def receive():
            return END

        async def send(event):
            sent.append(event)

        scope = {"type": "http", "method": "GET", "path": "/", "http_version": "1.1", "scheme": "http"}
        scope |= {"query_string": b"", "headers": [length(0), *headers], "server": None, "client": None}
        await WsgiBridge(app)(scope, receive, send)
        assert [each.partition(" ")[0] for each in logged] == ["request"]
        return [dict(sent[0]["headers"])[b"x-request-id"].decode(), logged[0].partition(" ")[2]]

    return ask
