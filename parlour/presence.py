"""Presence: a person is present under a name while any process holds a lease that says so.

The name is a stream's (`people.5`), so whoever comes and goes moves its head and every page is told. Coming is news if
the person had no lease there; leaving waits a grace period in which a reload or a deploy is nothing; the leases of a
process that died expire (https://docs.anycable.io/edge/presence states much the same rules).
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

from parlour.conf import conf
from parlour.database import run
from parlour.models import Lease
from parlour.writes import Change, live_write

log = logging.getLogger("parlour")
GATHERING = 0.05  # seconds after a write in which whoever comes and goes waits for others
Entry = tuple[str, str]  # (name, holder): where, and who


class Presence:
    """One process's share: it counts tabs, and writes in batches what its leases should say."""

    def __init__(self, process: str) -> None:
        self.process = process
        self.tabs: Counter[Entry] = Counter()
        self.leaving: dict[Entry, asyncio.TimerHandle] = {}
        self.held: set[Entry] = set()
        self.changed = asyncio.Event()

    def enter(self, entry: Entry) -> None:
        if timer := self.leaving.pop(entry, None):
            timer.cancel()
        elif entry not in self.tabs:
            self.changed.set()
        self.tabs[entry] += 1

    def leave(self, entry: Entry, grace: float | None = None) -> None:
        self.tabs[entry] -= 1
        if self.tabs[entry] <= 0:
            del self.tabs[entry]
            loop = asyncio.get_running_loop()
            self.leaving[entry] = loop.call_later(conf.GRACE if grace is None else grace, self._left, entry)

    def _left(self, entry: Entry) -> None:
        del self.leaving[entry]
        self.changed.set()

    async def keep(self) -> None:
        """Write what changed, renew what is held, sweep what expired; for ever."""
        loop = asyncio.get_running_loop()
        renewed = swept = 0.0
        while True:
            try:
                if loop.time() - renewed >= conf.RENEW:
                    await run(renew, self.process, frozenset(self.held))
                    renewed = loop.time()
                await self._write()
                if loop.time() - swept >= conf.TICK:
                    await run(sweep)
                    swept = loop.time()
            except Exception:
                log.exception("presence could not be written; it is tried again")
            await asyncio.sleep(GATHERING)
            with suppress(TimeoutError):
                async with asyncio.timeout(conf.TICK):  # wait_for of Python 3.11 may swallow a cancellation
                    await self.changed.wait()

    async def _write(self) -> None:
        self.changed.clear()
        wanted = {*self.tabs, *self.leaving}
        come, gone = wanted - self.held, self.held - wanted
        if come or gone:
            await run(record, self.process, come, gone)
            self.held = (self.held | come) - gone


@live_write
def record(change: Change, process: str, come: set[Entry], gone: set[Entry]) -> None:
    """Give up and take leases in one commit, and touch the names that they are about.

    Whoever comes from another process was there: after a restart nobody is told of a thousand who were away a second.
    """
    Lease.objects.give_up(process, gone)  # before ours lock those of others, else two processes wait for each other
    news = Lease.objects.take(process, come) if come else set()
    change.touch(*{name for name, _ in news | gone})


def renew(process: str, held: frozenset[Entry]) -> None:
    """Say for everybody at once that this process lives, and so do they."""
    if not Lease.objects.renew(process, held):
        record(process, set(held), set())


def sweep() -> None:
    """End leases that expired, whoever held them. Looks first: reading takes no turn among the writers."""
    if Lease.objects.expired().exists():
        _delete_expired()


@live_write
def _delete_expired(change: Change) -> None:
    names = dict(Lease.objects.expired().values_list("pk", "name"))
    change.touch(*set(names.values()))
    Lease.objects.expired().filter(pk__in=names).delete()
