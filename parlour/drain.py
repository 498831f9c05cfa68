"""From SIGTERM until the server stops: pages are answered, new sockets go to another process, and those here follow.

The server calls `drain` before it stops listening, since a proxy learns of the end from a refused connection only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from parlour import metrics
from parlour.conf import conf

log = logging.getLogger("parlour")
Send = Callable[[dict[str, Any]], Awaitable[None]]

end_sockets: Callable[[float], Awaitable[None]] | None = None  # set by the hub, if there are other processes
_draining = False


def draining() -> bool:
    """Whether this process was told to end, so that what is new belongs to another one."""
    return _draining


async def drain() -> None:
    """End this process's sockets over PARLOUR's DRAIN seconds.

    Returns at once if there is no other process, or if no socket was ever open here.
    """
    global _draining
    _draining = True
    if end_sockets is None:
        return
    seconds = conf.DRAIN
    log.info("asked to end: sockets go to other processes within %g s", seconds)
    await asyncio.wait([asyncio.ensure_future(each) for each in (asyncio.sleep(seconds), end_sockets(seconds))])


async def refuse(scope: dict[str, Any], send: Send) -> None:
    """Answer a handshake with 503, for which a proxy asks another process; the page itself comes back later."""
    metrics.REFUSED.labels("draining").inc()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})  # daphne is patched to answer with 503
