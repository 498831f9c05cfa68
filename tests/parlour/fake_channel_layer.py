"""A channel layer that stands for Redis: other processes are whoever else sends to its groups."""

import asyncio
from collections import defaultdict


class Layer:
    """Groups and channels in memory, which the engine takes for a bus; it can go away and can hang."""

    def __init__(self):
        self.groups = defaultdict(set)
        self.queues = {}
        self.sent = []
        self.tries = 0
        self.away = self.hangs = False

    async def answers(self):
        self.tries += 1
        await asyncio.sleep(0)
        while self.hangs:  # noqa: ASYNC110  as a frozen server does
            await asyncio.sleep(0.01)
        if self.away:
            raise ConnectionError("the bus is away")

    async def new_channel(self, prefix="specific"):
        await self.answers()
        name = f"{prefix}.{len(self.queues)}"
        self.queues[name] = asyncio.Queue()
        return name

    async def group_add(self, group, channel):
        await self.answers()
        self.groups[group].add(channel)

    async def group_discard(self, group, channel):
        await self.answers()
        self.groups[group].discard(channel)

    async def group_send(self, group, message):
        await self.answers()
        self.sent.append(message)
        for channel in self.groups[group]:
            self.queues[channel].put_nowait(message)

    async def receive(self, channel):
        return await self.queues[channel].get()
