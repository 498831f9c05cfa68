"""One hub a process: it hears hints, wakes feeds, beats every page's heart and looks after what hints lost."""

import asyncio
import logging
import random
import secrets
from collections import defaultdict
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from parlour import changes, hints
from parlour.conf import conf
from parlour.database import run
from parlour.feed import Feed, Listener
from parlour.models import EPOCH, Head
from parlour.presence import Presence
from parlour.streams import Stream

log = logging.getLogger("parlour")
SLOTS = 6  # hearts beat in as many groups, so that a large house does not beat at once


class Hub:
    """What one process knows of its pages and their streams. Everything here runs on one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = secrets.token_hex(4)
        self.epoch: int | None = None
        self.feeds: dict[str, Feed] = {}
        self.guards: dict[str, dict[Listener, int]] = defaultdict(dict)
        self.listeners: dict[Listener, set[str]] = {}  # who listens, and to which feeds
        self.publisher = hints.Publisher()
        self.presence = Presence(self.process)
        self.groups: set[str] = set()
        self.regroup = asyncio.Event()
        self.channel = ""
        duties = [self._tick(), self._beat(), self.presence.keep()]
        if not isinstance(get_channel_layer(), InMemoryChannelLayer | None):
            duties += [self._hear(), self._join_groups()]
        self.tasks = [self.loop.create_task(duty) for duty in duties]

    async def ready(self) -> None:
        """Wait until the epoch is known, so that cursors can be judged."""
        if self.epoch is None:
            self.epoch = await run(Head.objects.epoch)

    # Listening

    def listens(self, listener: Listener) -> bool:
        return listener in self.listeners

    def follow(self, listener: Listener, stream: Stream, cursor: int | None) -> None:
        self.listeners.setdefault(listener, set()).add(stream.name)
        if stream.name not in self.feeds:
            self.feeds[stream.name] = Feed(self, stream)
            self.regroup.set()
        self.feeds[stream.name].join(listener, cursor)

    def guard(self, listener: Listener, names: dict[str, int]) -> None:
        """Have `listener` ask for its rights again when one of these heads moves beyond what it saw."""
        self.listeners.setdefault(listener, set())
        for name, seq in names.items():
            self.guards[name][listener] = seq
        self.regroup.set()

    def leave(self, listener: Listener) -> None:
        for name in self.listeners.pop(listener, ()):
            if feed := self.feeds.get(name):
                feed.part(listener)
        for name in [name for name, who in self.guards.items() if listener in who]:
            del self.guards[name][listener]
            if not self.guards[name]:
                del self.guards[name]

    def forget(self, name: str) -> None:
        self.feeds.pop(name, None)

    def cursor(self, stream: Stream, seq: int) -> str:
        return f"{stream.name}:{self.epoch:x}.{seq}"

    # Hints

    def told(self, heads: dict[str, int]) -> None:
        """This process committed: look at once, and tell the others."""
        for name, seq in heads.items():
            self.heard(name, seq)
        self.publisher.put(heads)

    def heard(self, name: str, seq: int) -> None:
        if feed := self.feeds.get(name):
            feed.heard(seq)
        for listener, known in list(self.guards.get(name, {}).items()):
            if seq > known:
                self.guards[name][listener] = seq
                listener.recheck()

    def fleeting(self, name: str, fragments: str, everywhere: bool = True) -> None:
        """Show something that leaves no trace to those present: no row, no cursor, no promise."""
        if feed := self.feeds.get(name):
            for listener in list(feed.present):
                listener.deliver(feed.stream, feed.seq, fragments)
        if everywhere:
            self.publisher.put_fleeting(
                {"type": "fleeting", "name": name, "fragments": fragments, "process": self.process}
            )

    async def _hear(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        while not self.channel:
            try:
                self.channel = await layer.new_channel()
            except Exception:
                await asyncio.sleep(1)
        while True:
            try:
                self._take(await layer.receive(self.channel))
            except Exception:
                log.exception("a hint could not be read")
                await asyncio.sleep(1)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "hint":
            self.heard(message["name"], message["seq"])
        elif message.get("process") != self.process:
            self.fleeting(message["name"], message["fragments"], everywhere=False)

    async def _join_groups(self) -> None:
        """Subscribe to what is followed; while the bus is away every tick tries again."""
        while True:
            await self.regroup.wait()
            self.regroup.clear()
            try:
                async with asyncio.timeout(hints.LIMIT):
                    await self._change_groups()
            except Exception as error:
                log.debug("groups are joined later: %s", error)

    async def _change_groups(self) -> None:
        layer, wanted = get_channel_layer(), {*self.feeds, *self.guards}
        if not self.channel or layer is None:
            return
        for name in self.groups - wanted:
            self.groups.discard(name)
            await layer.group_discard(name, self.channel)
        fresh = wanted - self.groups
        for name in fresh:
            await layer.group_add(name, self.channel)
            self.groups.add(name)
        for name, seq in (await run(changes.heads, fresh)).items():
            self.heard(name, seq)  # what came between the page and the subscription

    # Clocks

    async def _tick(self) -> None:
        """What lost hints hid is found here, and what a dead process left is put right."""
        while True:
            try:
                await self._look()
            except Exception:
                log.exception("a look at the heads failed; the next one follows")
            await asyncio.sleep(conf.TICK * random.uniform(0.8, 1.2))

    async def _look(self) -> None:
        self.regroup.set()
        await run(changes.settle)
        names = [EPOCH, *self.feeds, *self.guards]
        for name, seq in (await run(changes.heads, names)).items():
            if name == EPOCH:
                self._judge_epoch(seq)
            else:
                self.heard(name, seq)
        for feed in self.feeds.values():
            if feed.late:
                feed.awake.set()
        for listener in list(self.listeners):
            listener.aged()

    def _judge_epoch(self, epoch: int) -> None:
        if self.epoch is not None and epoch != self.epoch and epoch:
            self.epoch = epoch
            for feed in self.feeds.values():
                feed.reset()

    async def _beat(self) -> None:
        slot = 0
        while True:
            for listener in list(self.listeners):
                if listener.slot == slot:
                    listener.beat()
            slot = (slot + 1) % SLOTS
            await asyncio.sleep(conf.BEAT / SLOTS)


_hub: Hub | None = None


def running() -> Hub | None:
    """This process's hub, if it has one and it is alive."""
    return _hub if _hub is not None and _hub.loop.is_running() else None


def current() -> Hub:
    """This process's hub, started by the first socket: daphne tells nobody when it starts."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub
