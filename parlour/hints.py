"""Hints say "look again" and nothing else. Losing one makes a page late, never wrong."""

import asyncio
import atexit
import logging
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

log = logging.getLogger("parlour")
LIMIT = 1.0  # seconds a send may take
FLEETING_KEPT = 100
counts: Counter[str] = Counter()


class Publisher:
    """Sends what piled up to the streams' groups, off everybody's way. Lives on one event loop."""

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self.fleeting: list[dict[str, Any]] = []
        self.task: asyncio.Task[None] | None = None
        self.down = False

    def put(self, heads: dict[str, int]) -> None:
        for name, seq in heads.items():
            self.heads[name] = max(seq, self.heads.get(name, 0))
        self._start()

    def put_fleeting(self, message: dict[str, Any]) -> None:
        if len(self.fleeting) < FLEETING_KEPT:
            self.fleeting.append(message)
            self._start()

    def _start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._drain())

    async def empty(self) -> None:
        """Wait until nothing is left to send."""
        if self.task is not None:
            await self.task

    async def _drain(self) -> None:
        while self.heads or self.fleeting:
            heads, self.heads = self.heads, {}
            fleeting, self.fleeting = self.fleeting, []
            hints = [{"type": "hint", "name": name, "seq": seq} for name, seq in heads.items()]
            await self._send(hints + fleeting)

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        try:
            async with asyncio.timeout(LIMIT):
                await asyncio.gather(*(layer.group_send(each["name"], each) for each in messages))
        except Exception as error:
            counts["lost"] += len(messages)
            if not self.down:
                log.warning("hints do not go out (%s); pages are up to a tick late until they do", words(error))
            self.down = True
        else:
            if self.down:
                log.warning("hints go out again")
            self.down = False


def words(error: Exception) -> str:
    """A fault in one line of a log."""
    return f"{type(error).__name__}: {error}"


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
        try:
            asyncio.run_coroutine_threadsafe(self.publisher.empty(), self.loop).result(LIMIT)
        except Exception:
            counts["lost"] += 1


_outsider: _Outsider | None = None
_starting = threading.Lock()


def tell(heads: dict[str, int]) -> None:
    """Say, from any thread and after the commit, that these streams have come this far."""
    from parlour.hub import running

    global _outsider
    if not heads:
        return
    if hub := running():
        with suppress(RuntimeError):  # the loop ended just now, and its pages with it
            hub.loop.call_soon_threadsafe(hub.told, heads)
        return
    if isinstance(get_channel_layer(), InMemoryChannelLayer):
        return
    with _starting:
        _outsider = _outsider or _Outsider()
    _outsider.put(heads)
