"""A WSGI application behind the bridge, and requests played to it event by event."""

import asyncio

import pytest
from django.http import HttpResponse

from http_bridge.wsgi_bridge import WsgiBridge


def echo(environ, start_response):
    scope = environ["asgi.scope"]
    rejected = scope.get("body_rejected")
    start_response(f"{rejected.status if rejected else 200} x", [("Content-Type", "text/plain")])
    if scope.get("may_upload"):
        return HttpResponse("yes" if environ.get("HTTP_COOKIE") == "member" else "no")
    names = ",".join(name for name in environ if name.startswith("HTTP_"))
    return HttpResponse([f"{environ['QUERY_STRING']}|{names}|", environ["wsgi.input"].read()])


@pytest.fixture
def bridge():
    return WsgiBridge(echo)


@pytest.fixture
def ask(bridge):
    """ask(*chunks, query, headers, path, method) sends a body chunk by chunk; returns (status, body, chunks not read).

    A chunk may be a whole event, or a coroutine function that waits for one. A request whose chunks have run
    out waits, as one whose client sends no more.
    """

    async def ask(*chunks, query=b"", headers=(), path="/", method="POST"):
        scope = {"type": "http", "method": method, "path": path, "http_version": "1.1", "scheme": "http"}
        scope |= {"query_string": query, "headers": list(headers), "server": None, "client": ("192.0.2.1", 1)}
        waiting, sent = list(chunks), []

        async def receive():
            if not waiting:
                await asyncio.Event().wait()
            chunk = waiting.pop(0)
            if isinstance(chunk, bytes):
                return {"type": "http.request", "body": chunk, "more_body": True}
            return await chunk() if callable(chunk) else chunk

        async def send(event):
            sent.append(event)

        await bridge(scope, receive, send)
        body = b"".join(event.get("body", b"") for event in sent)
        return (sent[0]["status"] if sent else None), body, len(waiting)

    return ask
