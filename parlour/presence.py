"""Presence: a person is in a place while any process holds a lease that says so.

A place is a stream (`people.5`), so who comes and goes moves its head and every page is told. Rules: coming is
news only if the person had no lease there; leaving waits out a grace in which a reload or a deploy is nothing;
a process that dies leaves leases that run out (https://docs.anycable.io/edge/presence states much the same).
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from parlour import leases
from parlour.changes import Change, live_write
from parlour.conf import conf
from parlour.database import run
from parlour.leases import Seat
from parlour.models import Lease

log = logging.getLogger("parlour")


class Presence:
    """One process's share: it counts tabs, and writes in batches what its leases should say."""

    def __init__(self, process: str) -> None:
        self.process = process
        self.tabs: Counter[Seat] = Counter()
        self.leaving: dict[Seat, asyncio.TimerHandle] = {}
        self.held: set[Seat] = set()
        self.wanted: set[Seat] = set()
        self.changed = asyncio.Event()

    def enter(self, seat: Seat) -> None:
        self.tabs[seat] += 1
        if timer := self.leaving.pop(seat, None):
            timer.cancel()
        if seat not in self.wanted:
            self.wanted.add(seat)
            self.changed.set()

    def leave(self, seat: Seat) -> None:
        self.tabs[seat] -= 1
        if self.tabs[seat] <= 0:
            del self.tabs[seat]
            loop = asyncio.get_running_loop()
            self.leaving[seat] = loop.call_later(conf.GRACE, self._left, seat)

    def evict(self, seat: Seat) -> None:
        """Leave without grace: this person may not be here any more."""
        if timer := self.leaving.pop(seat, None):
            timer.cancel()
            self._left(seat)

    def _left(self, seat: Seat) -> None:
        self.leaving.pop(seat, None)
        self.wanted.discard(seat)
        self.changed.set()

    async def keep(self) -> None:
        """Write what changed at once, renew what is held, sweep what ran out; for ever."""
        loop = asyncio.get_running_loop()
        renewed = 0.0
        while True:
            try:
                if loop.time() - renewed >= conf.RENEW:
                    await run(renew, self.process, frozenset(self.held))
                    renewed = loop.time()
                await self._write()
                await run(leases.swept)
            except Exception:
                log.exception("presence could not be written; it is tried again")
            with suppress(TimeoutError):
                async with asyncio.timeout(conf.TICK):  # wait_for of Python 3.11 may swallow a cancellation
                    await self.changed.wait()

    async def _write(self) -> None:
        self.changed.clear()
        come, gone = self.wanted - self.held, self.held - self.wanted
        if come or gone:
            await run(record, self.process, come, gone)
            self.held = (self.held | come) - gone


@live_write
def record(change: Change, process: str, come: set[Seat], gone: set[Seat]) -> None:
    """Take and give up leases in one commit; a place whose company changed is touched."""
    Lease.objects.take(process, come)
    Lease.objects.give_up(process, gone)
    for name in {name for name, _ in come | gone}:
        change.touch(name)


def renew(process: str, held: frozenset[Seat]) -> None:
    """Say for everybody at once that this process lives, and so do they."""
    if not Lease.objects.renew(process, held):
        record(process, set(held), set())
