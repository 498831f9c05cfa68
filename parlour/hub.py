"""One hub a process: it hears hints, wakes feeds, beats every page's heart and looks after what hints lost."""

import asyncio
import logging
import random
import secrets
from collections import defaultdict
from collections.abc import Collection
from typing import Any, cast

from parlour import heads, hints, owed
from parlour.bus import Bus, Publisher
from parlour.conf import conf
from parlour.database import run
from parlour.feed import Feed, Listener
from parlour.found import Found
from parlour.models import EPOCH, Head
from parlour.places import Place, Places, place_of
from parlour.presence import Presence
from parlour.retrying import counts
from parlour.seldom import Seldom
from parlour.sockets import SLOTS
from parlour.streams import Stream

log = logging.getLogger("parlour")


class Hub:
    """What one process knows of its pages and their streams. Everything here runs on one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = secrets.token_hex(4)
        self.epoch = 0  # not known yet
        self.feeds: dict[str, dict[Place, Feed]] = defaultdict(dict)
        self.guards: dict[str, dict[Listener, int]] = defaultdict(dict)
        self.listeners: dict[Listener, set[str]] = {}  # who listens, and to which feeds and guards
        self.places = Places()
        self.found = Found()
        self.late = Seldom("a look found %s, which no hint had named: its pages were up to a tick late")
        self.publisher = Publisher()
        self.presence = Presence(self.process)
        self.bus = Bus(lambda: {*self.feeds, *self.guards}, self._take)
        duties = [self._tick(), self._beat(), self.presence.keep(), self.bus.hear(), self.bus.join(self.read)]
        self.tasks = [self.loop.create_task(duty) for duty in duties]

    async def ready(self) -> None:
        """Wait until the epoch is known, so that cursors can be judged."""
        if not self.epoch:
            self.epoch = await run(Head.objects.epoch)

    # Listening

    def follow(self, listener: Listener, stream: Stream, cursor: int | None) -> None:
        self.listeners.setdefault(listener, set()).add(stream.name)
        self.places.enter(listener)
        feeds, place = self.feeds[stream.name], place_of(stream)
        if place not in feeds:
            feeds[place] = Feed(self, stream)
            self.bus.changed.set()
        feeds[place].join(listener, cursor)

    def guard(self, listener: Listener, names: dict[str, int]) -> None:
        """Have `listener` ask for its rights again when one of these heads moves beyond what it saw."""
        self.listeners.setdefault(listener, set()).update(names)
        for name, seq in names.items():
            self.guards[name][listener] = seq
        self.bus.changed.set()

    def leave(self, listener: Listener) -> None:
        self.places.leave(listener)
        for name in self.listeners.pop(listener, ()):
            for feed in self._feeds(name):
                feed.part(listener)
            if name in self.guards:
                self.guards[name].pop(listener, None)
                if not self.guards[name]:
                    del self.guards[name]

    def forget(self, stream: Stream) -> None:
        self.feeds[stream.name].pop(place_of(stream), None)
        if not self.feeds[stream.name]:
            del self.feeds[stream.name]

    def _feeds(self, *names: str) -> list[Feed]:
        return [feed for name in names for feed in self.feeds.get(name, {}).values()]

    # Hints

    def told(self, heads: dict[str, int]) -> None:
        """This process committed: look at once, and tell the others."""
        for name, seq in heads.items():
            self._hinted(name, seq)
        self.publisher.put(heads)

    def _hinted(self, name: str, seq: int) -> None:
        self.found.hinted(name, seq)
        self.heard(name, seq)

    def heard(self, name: str, seq: int) -> None:
        for feed in self._feeds(name):
            feed.heard(seq)
        for listener, known in list(self.guards.get(name, {}).items()):
            if seq > known:
                self.guards[name][listener] = seq
                listener.recheck()

    def fleeting(self, name: str, fragments: str, everywhere: bool = True) -> None:
        """Show something that leaves no trace to those present: no row, no cursor, no promise."""
        for feed in self._feeds(name):
            for listener in list(feed.present):
                listener.deliver(feed.stream, feed.seq, fragments)
        if everywhere:
            self.publisher.put_fleeting(
                {"type": "fleeting", "name": name, "fragments": fragments, "process": self.process}
            )

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "hint":
            log.debug("the bus says %s is at %d", message["name"], message["seq"])
            self._hinted(message["name"], message["seq"])
        elif message.get("process") != self.process:
            self.fleeting(message["name"], message["fragments"], everywhere=False)

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
        self.bus.changed.set()
        try:
            await run(owed.settle)
        except Exception:
            log.exception("what is owed could not be settled; it is tried again")
        names = [EPOCH, *self.feeds, *self.guards]
        now = await self.read(names)
        if lost := self.found.looked({name: seq for name, seq in now.items() if name != EPOCH}):
            self.late.say(", ".join(lost[:3]))
        for feed in self._feeds(*self.feeds):
            if feed.late:
                feed.awake.set()
        log.debug(
            "looked: %d pages, %d streams, %d hints lost, %d deadlocks",
            len(self.listeners),
            len(self.feeds),
            self.publisher.lost,
            counts["deadlocks"],
        )
        for listener in list(self.listeners):
            listener.aged()

    async def read(self, names: Collection[str]) -> dict[str, int]:
        """Look how far these streams have come, as if hints had said so."""
        now = await run(heads.read, names)
        for name, seq in now.items():
            if name == EPOCH:
                self._judge_epoch(seq)
            else:
                self.heard(name, seq)
        return now

    def _judge_epoch(self, epoch: int) -> None:
        if self.epoch and epoch and epoch != self.epoch:
            self.epoch = epoch
            for feed in self._feeds(*self.feeds):
                feed.reset()

    async def _beat(self) -> None:
        slot = 0
        while True:
            for listener in list(self.listeners):
                if listener.slot == slot:
                    listener.beat()
            slot = (slot + 1) % SLOTS
            await asyncio.sleep(conf.BEAT / SLOTS)


def current() -> Hub:
    """This process's hub, started by the first socket: daphne tells nobody when it starts."""
    if hints.hub is None or hints.hub.loop is not asyncio.get_running_loop():
        hints.hub = Hub()
    return cast(Hub, hints.hub)
