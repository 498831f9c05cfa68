"""Hints say "look again" and nothing else. Losing one makes a page late, never wrong."""

import asyncio
import atexit
import logging
import threading
from contextlib import suppress
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from parlour.bus import LIMIT, Publisher

log = logging.getLogger("parlour")


class _Outsider:
    """For a process without a hub, a command or a worker: one thread with one loop and one connection."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.publisher = Publisher()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="parlour-hints").start()
        atexit.register(self.close)

    def put(self, heads: dict[str, int]) -> None:
        self.loop.call_soon_threadsafe(self.publisher.put, heads)

    def close(self) -> None:
        """Let the last hints go before the process does. Asked on the loop, so after what was put before."""
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self.publisher.empty(), self.loop).result(LIMIT)


hub: Any = None  # this process's hub, once it has one
_outsider: _Outsider | None = None
_starting = threading.Lock()


def tell(heads: dict[str, int]) -> None:
    """Say, from any thread and after the commit, that these streams have come this far."""
    global _outsider
    if not heads:
        return
    log.debug("committed: %s", heads)
    if hub is not None and hub.loop.is_running():
        with suppress(RuntimeError):  # the loop ended just now, and its pages with it
            hub.loop.call_soon_threadsafe(hub.told, heads)
        return
    if isinstance(get_channel_layer(), InMemoryChannelLayer):
        return
    with _starting:
        _outsider = _outsider or _Outsider()
    _outsider.put(heads)
