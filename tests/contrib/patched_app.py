"""The smallest application that shows how a server treats a socket; its standard output is its log."""

import asyncio
import gc
import os
from importlib import import_module

from websockets.frames import Frame
from websockets.http11 import Request

from parlour import contrib
from parlour.conf import conf

for server in ("daphne", "uvicorn"):
    import_module(f"parlour.contrib.{server}.patches").GRACE_SECONDS = 1
import_module("parlour.contrib.incoming").MESSAGE_SECONDS = 1
if "BARE" not in os.environ:
    contrib.apply_patches()
    contrib.apply_patches()

conf.DRAIN = 0.2
FRAME = "x" * 65536
FULL = 512 * 1024
go = asyncio.Event()


def note(*words):
    print(*words, flush=True)


async def application(scope, receive, send):
    if scope["type"] == "http":
        go.set()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"gone"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        if scope["path"] == "/scope/":
            note("kept", *sorted(scope))
        await serve(scope["path"].strip("/").partition("/"), receive, send)


async def serve(path, receive, send):
    act, _, rest = path
    try:
        await ACTS[act](receive, send, rest)
    except Exception as trouble:
        note(act, "raised", "OSError" if isinstance(trouble, OSError) else repr(trouble))
    finally:
        await asyncio.sleep(0.1)  # tidying takes a moment, and asks the loop for it
        note(act, "ended")


async def until_left(receive, act):
    while (message := await receive())["type"] != "websocket.disconnect":
        pass
    note(act, "left", message["code"])


async def echo(receive, send, rest):
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
    note("echo left", message["code"])


async def close(receive, send, code):
    """A word, the code, and a word too late."""
    await send({"type": "websocket.send", "text": "why"})
    await send({"type": "websocket.close", "code": int(code)})
    await send({"type": "websocket.send", "text": "late"})


async def behind(receive, send, count):
    """Read nothing until somebody says go, then count and check the order."""
    await go.wait()
    for number in range(int(count)):
        text = (await receive())["text"]
        assert int(text[:8]) == number, (text[:8], number)
    await send({"type": "websocket.send", "text": f"{count} in order"})


async def push(receive, send, rest):
    """Push as fast as the server takes it, until the page has left."""
    leaving = asyncio.ensure_future(until_left(receive, "push"))
    while not leaving.done():
        await send({"type": "websocket.send", "text": FRAME})
        await asyncio.sleep(0)


async def fill(receive, send, rest):
    """Push until the server holds half a MiB or takes no more; `abort` then drops the page."""
    taken = 0
    try:
        while contrib.write_backlog(send) < FULL:
            await asyncio.wait_for(send({"type": "websocket.send", "text": FRAME}), 0.5)
            taken += 1
    except TimeoutError:
        pass
    note("fill", taken, "backlog", contrib.write_backlog(send))
    if rest == "abort":
        contrib.abort(send)
    await until_left(receive, "fill")
    note("fill after", contrib.write_backlog(send))


async def scope(receive, send, rest):
    """Note what is held of handshakes, and of a text that was heard."""
    await receive()
    held = gc.get_objects()
    texts = [each for each in held if type(each) is Frame and each.data]
    note("held", sum(type(each) is Request for each in held), "handshakes and", len(texts), "texts")
    await until_left(receive, "scope")


async def stuck(receive, send, rest):
    """Ignore its disconnect."""
    await asyncio.sleep(600)


ACTS = {act.__name__: act for act in (echo, close, behind, push, fill, scope, stuck)}
