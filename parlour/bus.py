"""Between processes: what is told goes out to the streams' groups, and of those that are followed here it comes in."""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

log = logging.getLogger("parlour")
LIMIT = 1.0  # seconds a send or a subscription may take
FLEETING_KEPT = 100


class Bus:
    """One channel of the layer. It joins and leaves groups by itself, and tries again while the layer is away."""

    def __init__(self, wanted: Callable[[], Collection[str]], take: Callable[[dict[str, Any]], None]) -> None:
        self.wanted = wanted
        self.take = take
        self.channel = ""
        self.groups: set[str] = set()
        self.changed = asyncio.Event()
        layer = get_channel_layer()
        self.layer = None if isinstance(layer, InMemoryChannelLayer) else layer

    async def hear(self) -> None:
        """Pass on every message; for ever. A layer in memory has nobody else to hear."""
        while self.layer is not None:
            try:
                if not self.channel:
                    self.channel = await self.layer.new_channel()
                    self.changed.set()  # what is wanted already is joined now
                self.take(await self.layer.receive(self.channel))
            except Exception:
                log.exception("a hint could not be heard")
                await asyncio.sleep(1)

    async def join(self, joined: Callable[[Collection[str]], Any]) -> None:
        """Subscribe to what is wanted, for ever, and tell `joined` what is new: its hints begin only now."""
        while self.layer is not None:
            await self.changed.wait()
            self.changed.clear()
            try:
                async with asyncio.timeout(LIMIT):
                    await joined(await self._change())
            except Exception as error:
                log.debug("groups are joined later: %s", error)

    async def _change(self) -> set[str]:
        wanted = set(self.wanted()) if self.channel else set()
        assert self.layer is not None
        for name in self.groups - wanted:
            self.groups.discard(name)
            await self.layer.group_discard(name, self.channel)
        fresh = wanted - self.groups
        for name in fresh:
            await self.layer.group_add(name, self.channel)
            self.groups.add(name)
        return fresh


class Publisher:
    """Sends what piled up to the streams' groups, off everybody's way. Lives on one event loop."""

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self.fleeting: list[dict[str, Any]] = []
        self.task: asyncio.Task[None] | None = None
        self.lost = 0  # since the bus went away

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
            if not self.lost:
                log.warning("hints do not go out (%r); pages are up to a tick late until they do", error)
            self.lost += len(messages)
        else:
            if self.lost:
                log.warning("hints go out again; %d were lost", self.lost)
            self.lost = 0
