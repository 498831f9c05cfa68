"""Hints between processes, through the channel layer: one publisher and one subscriber in each process.

A hint says "this stream has come as far as that" and nothing else. Losing one makes a page late, never wrong.
"""

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from contextvars import Context
from time import time
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from parlour import metrics

log = logging.getLogger("parlour")
LIMIT = 1.0  # seconds that a send or a subscription may take
TRANSIENTS_KEPT = 100  # transient messages that may wait, such as typing indicators


def shared_layer() -> Any:
    """The channel layer that reaches other processes, or None: one in memory reaches nobody else."""
    layer = get_channel_layer()
    return None if isinstance(layer, InMemoryChannelLayer) else layer


class Publisher:
    """Sends what accumulated to the streams' groups, from a thread of its own, so that no request waits for it."""

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self.since = 0.0  # wall clock, when the first of these heads moved
        self.transients: list[dict[str, Any]] = []
        self.task: asyncio.Task[None] | None = None
        self.lost = 0  # messages, since the layer stopped answering
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="parlour-hints").start()
        atexit.register(self.close)

    def publish(self, heads: dict[str, int]) -> None:
        """Say that these streams have come this far. May be called from any thread."""
        self.loop.call_soon_threadsafe(self._add, heads, [], time())

    def publish_transient(self, message: dict[str, Any]) -> None:
        """Send a message that leaves no trace: no row, no cursor, no promise."""
        self.loop.call_soon_threadsafe(self._add, {}, [message], time())

    def close(self) -> None:
        """Send the last hints before the process ends, within the limit."""
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._finish(), self.loop).result(LIMIT)

    def _add(self, heads: dict[str, int], transients: list[dict[str, Any]], now: float) -> None:
        if not self.heads:
            self.since = now
        for name, seq in heads.items():
            self.heads[name] = max(seq, self.heads.get(name, 0))
        self.transients = (self.transients + transients)[:TRANSIENTS_KEPT]
        if self.task is None or self.task.done():
            self.task = self.loop.create_task(self._drain(), context=Context())

    async def _finish(self) -> None:
        if self.task is not None:
            await self.task

    async def _drain(self) -> None:
        while self.heads or self.transients:
            heads, self.heads = self.heads, {}
            transients, self.transients = self.transients, []
            hints = [{"type": "hint", "name": name, "seq": seq, "since": self.since} for name, seq in heads.items()]
            await self._send(hints + transients)

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        if (layer := shared_layer()) is None:
            return
        try:
            async with asyncio.timeout(LIMIT):
                await asyncio.gather(*(layer.group_send(each["name"], each) for each in messages))
        except Exception as error:
            if not self.lost:
                log.warning("hints do not go out (%r); pages are up to a tick late until they do", error)
            self.lost += len(messages)
        else:
            if self.lost:
                log.warning("hints go out again; %d were lost", self.lost)
            self.lost = 0
            metrics.HINTS_SENT.inc(sum(each["type"] == "hint" for each in messages))


class Subscriber:
    """One channel of the layer, on the hub's loop: it joins and leaves groups, and tries again if the layer is away."""

    def __init__(self, wanted: Callable[[], Collection[str]], receive: Callable[[dict[str, Any]], None]) -> None:
        self.wanted = wanted
        self.received = receive
        self.channel = ""
        self.groups: set[str] = set()
        self.changed = asyncio.Event()
        self.layer = shared_layer()

    async def receive(self) -> None:
        """Pass on every message; for ever."""
        while self.layer is not None:
            try:
                if not self.channel:
                    self.channel = await self.layer.new_channel()
                    self.changed.set()  # now the groups that are wanted already can be joined
                self.received(await self.layer.receive(self.channel))
            except Exception:
                log.exception("a hint could not be received")
                await asyncio.sleep(1)

    async def join_groups(self, joined: Callable[[Collection[str]], Any]) -> None:
        """Join the groups that are wanted, for ever; await `joined` with the new ones, whose hints begin only now."""
        while self.layer is not None:
            await self.changed.wait()
            self.changed.clear()
            try:
                async with asyncio.timeout(LIMIT):
                    await joined(await self._update_groups())
            except Exception as error:
                log.debug("groups are joined later: %s", error)

    async def _update_groups(self) -> set[str]:
        wanted = set(self.wanted()) if self.channel else set()
        assert self.layer is not None
        for name in self.groups - wanted:
            self.groups.discard(name)
            await self.layer.group_discard(name, self.channel)
        new = wanted - self.groups
        for name in new:
            await self.layer.group_add(name, self.channel)
            self.groups.add(name)
        return new


on_commit: Callable[[dict[str, int]], None] | None = None  # this process's hub, once it has one
_publisher: Publisher | None = None
_starting = threading.Lock()


def publisher() -> Publisher | None:
    """This process's publisher, or None where there is nobody else to reach."""
    global _publisher
    if shared_layer() is None:
        return None
    with _starting:
        _publisher = _publisher or Publisher()
    return _publisher


def publish(heads: dict[str, int]) -> None:
    """Say, after the commit and from any thread, that these streams have come this far: here, then elsewhere."""
    if not heads:
        return
    log.debug("committed: %s", heads)
    if on_commit is not None:
        on_commit(heads)
    if (other_processes := publisher()) is not None:
        other_processes.publish(heads)
