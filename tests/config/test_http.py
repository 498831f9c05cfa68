"""Plain HTTP in front of Django: slow, large and odd requests."""

import pytest

from config.http import LARGEST_BODY, PlainHttp


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ",".join(name for name in environ if name.startswith("HTTP_"))
    return [f"{environ['QUERY_STRING']}|{names}|".encode(), environ["wsgi.input"].read()]


@pytest.fixture
def ask():
    """ask(*events, query, headers) plays a request's events; returns (status, body, events left unread)."""

    async def ask(*events, query=b"", headers=()):
        waiting, sent = list(events), []
        scope = {"type": "http", "method": "POST", "path": "/", "http_version": "1.1", "scheme": "http"}
        scope |= {"query_string": query, "headers": list(headers), "server": None, "client": None}

        async def receive():
            return waiting.pop(0)

        async def send(event):
            sent.append(event)

        await PlainHttp(echo)(scope, receive, send)
        body = b"".join(event.get("body", b"") for event in sent)
        return (sent[0]["status"] if sent else None), body, len(waiting)

    return ask


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_arrives_whole(ask):
    assert await ask(part(b"a", True), part(b"b", True), part(b"c")) == (200, b"||abc", 0)


async def test_a_body_too_large_is_refused_before_its_end(ask):
    half = b"x" * (LARGEST_BODY // 2 + 1)
    status, body, left = await ask(part(half, True), part(half, True), part(b"never read"))
    assert (status, left) == (413, 1)
    assert b"too large" in body


async def test_a_client_that_leaves_while_sending_takes_no_thread(ask):
    assert await ask(part(b"a", True), {"type": "http.disconnect"}) == (None, b"", 0)


async def test_any_byte_may_be_in_a_query(ask):
    status, body, _ = await ask(part(b""), query=b"a=\xff&b=%20 c")
    assert (status, body) == (200, b"a=%FF&b=%20 c||")


async def test_an_underscore_passes_for_no_dash(ask):
    _, body, _ = await ask(part(b""), headers=[(b"x_forwarded_proto", b"https"), (b"x-real", b"1")])
    assert body == b"|HTTP_X_REAL|"
