"""A WSGI application behind our plain HTTP, and requests played to it event by event."""

import asyncio

import pytest

from http_bridge.http import PlainHttp


def echo(environ, start_response):
    unread = environ["asgi.scope"].get("unread")
    start_response(f"{unread.status if unread else 200} x", [("Content-Type", "text/plain")])
    names = ",".join(name for name in environ if name.startswith("HTTP_"))
    return [f"{environ['QUERY_STRING']}|{names}|".encode(), environ["wsgi.input"].read(), str(unread or "").encode()]


@pytest.fixture
def house():
    return PlainHttp(echo)


@pytest.fixture
def ask(house):
    """ask(*events, query, headers, client) plays a request's events; returns (status, body, events left unread).

    An event may be a coroutine function, which comes with it later. A request whose events
    have run out waits, as one whose client says no more.
    """

    async def ask(*events, query=b"", headers=(), client="192.0.2.1", path="/", method="POST"):
        waiting, sent = list(events), []
        scope = {"type": "http", "method": method, "path": path, "http_version": "1.1", "scheme": "http"}
        scope |= {"query_string": query, "headers": list(headers), "server": None, "client": (client, 1)}

        async def receive():
            event = waiting.pop(0) if waiting else asyncio.Event().wait
            return await event() if callable(event) else event

        async def send(event):
            sent.append(event)

        await house(scope, receive, send)
        body = b"".join(event.get("body", b"") for event in sent)
        return (sent[0]["status"] if sent else None), body, len(waiting)

    return ask
