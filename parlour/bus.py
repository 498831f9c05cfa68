"""What comes from other processes: a subscription to the groups of the streams that are followed here."""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from parlour import hints

log = logging.getLogger("parlour")


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
                async with asyncio.timeout(hints.LIMIT):
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
