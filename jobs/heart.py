"""One heart a process: it writes what runs report, renews their leases, and hears what their owners wish."""

import atexit
import logging
import os
import secrets
import threading
from collections.abc import Callable
from time import monotonic

from jobs import life, tasks
from jobs.models import Job
from jobs.running import Aside, Cancelled, Lost, Running
from parlour import Change, Lease, live_write
from parlour.conf import conf
from parlour.database import with_fresh_connections as tidy

log = logging.getLogger("parlour")
BEAT = 0.25  # seconds between two writes of progress
LISTEN = 1.0  # seconds between two looks for wishes
SLICE = 15.0  # seconds that a run has before it makes way for somebody else's


class Heart:
    """The runs of this process, and the one thread that beats while there are any."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.pid = os.getpid()
        self.runs: set[Running] = set()
        self.lock = threading.Lock()
        self.stirred = threading.Event()
        self.beating = False
        self.closed = False
        self.unwell: set[str] = set()
        atexit.register(self.close)

    def take(self, running: Running) -> None:
        """Keep this run alive from now on."""
        with self.lock:
            self.runs.add(running)
            start, self.beating = not self.beating, True
        if start:
            threading.Thread(target=self._beat, daemon=True, name="jobs-heart").start()

    def drop(self, running: Running) -> None:
        with self.lock:
            self.runs.discard(running)
            last = not self.runs
        if last:
            self.stirred.set()

    def close(self) -> None:
        """The process ends: what runs goes back to the queue, and nothing is claimed any more."""
        self.closed = True
        with self.lock:
            runs = list(self.runs)
        for running in runs:
            running.stop = Lost
        if runs:
            try:
                tidy(life.put_back, self.process, runs)
            except Exception:
                log.exception("jobs could not be put back; they stall until their owners try again")

    def _beat(self) -> None:
        renewed = heard = monotonic()
        while runs := self._living():
            now = monotonic()
            self._do(self._write, runs)
            if now - heard >= min(LISTEN, conf.RENEW):
                heard = now
                self._do(self._listen, runs)
                self._do(self._finish, runs)
                self._do(self._make_way, runs)
            if now - renewed >= conf.RENEW:
                renewed = now
                self._do(self._renew, runs)
            self.stirred.wait(BEAT)
            self.stirred.clear()

    def _do(self, duty: Callable[[list[Running]], None], runs: list[Running]) -> None:
        """One duty that fails keeps the heart from no other, and is logged once until it can be done again."""
        try:
            tidy(duty, runs)
            self.unwell.discard(duty.__name__)
        except Exception:
            if duty.__name__ not in self.unwell:
                log.exception("progress, leases, wishes or ends of jobs could not be seen to; it is tried until it can")
            self.unwell.add(duty.__name__)

    def _living(self) -> list[Running]:
        with self.lock:
            self.beating = bool(self.runs)
            return list(self.runs)

    def _write(self, runs: list[Running]) -> None:
        news = [(running, progress) for running in runs if (progress := running.news)]
        if news:
            life.write(news)
        for running, progress in news:
            if running.news is progress:
                running.news = None

    def _listen(self, runs: list[Running]) -> None:
        rows = Job.objects.in_bulk([running.pk for running in runs])
        for running in runs:
            row = rows.get(running.pk)
            if row is None or (row.attempt, row.state) != (running.attempt, Job.State.RUNNING):
                running.stop = Lost
            elif row.cancelling:
                running.stop = Cancelled

    def _make_way(self, runs: list[Running]) -> None:
        """The longest of the runs that can go on later ends, if another owner's job has found no hand for a while.

        Not before it has come further than it was: what begins anew each time would never end.
        """
        kinds, since = tasks.resuming(), monotonic() - SLICE
        going = [each for each in runs if each.gained and not (each.stop or each.end)]
        long = [each for each in going if each.job.kind in kinds and each.began < since]
        if long and life.others_wait({running.job.owner_id for running in runs}):
            min(long, key=lambda each: each.began).stop = Aside

    def _finish(self, runs: list[Running]) -> None:
        for running in runs:
            if running.end:
                if running.stop is not Lost:
                    life.end(self.process, running, *running.end)
                self.drop(running)

    def _renew(self, runs: list[Running]) -> None:
        own = [running.job for running in runs if running in self.runs and running.stop is not Lost]
        if not Lease.objects.renew(self.process, [job.seat for job in own]):
            _take_again(self.process, own)


@live_write
def _take_again(change: Change, process: str, jobs: list[Job]) -> None:
    """Leases were swept while this process was frozen: those of its jobs that nobody took over live on."""
    Lease.objects.take(process, [job.seat for job in jobs])
    for job in jobs:
        change.touch(job.stream)


_heart: Heart | None = None
_starting = threading.Lock()


def current() -> Heart:
    """This process's heart; a forked process has one of its own."""
    global _heart
    with _starting:
        if _heart is None or _heart.pid != os.getpid():
            _heart = Heart()
        return _heart
