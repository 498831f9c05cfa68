"""A thread of each process that writes its row, and looks whether something is wrong with the site.

It holds up nothing else: while the database is away it only tries again.
"""

import atexit
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections
from django.db.models.functions import Now
from prometheus_client import REGISTRY

from alerts import mail_problem
from jobs.progress import runs
from monitoring import problems
from monitoring.models import EVERY, Process
from parlour import draining, listeners, live

log = logging.getLogger("parlour")
STOP_TIMEOUT = 3.0  # seconds a stop waits for the last report
ROOMS = 20  # the busiest, that a process names
SERVERS = ("uvicorn", "daphne", "celery")
FAN_OUT, SOCKETS = "parlour_fan_out_seconds_bucket", "parlour_sockets"
TOTALS = {name: f"parlour_{name}_total" for name in ("deliveries", "hints_lost", "queue_overflows")}
BEYOND = 60.0  # seconds, for a fan-out that took longer than the last bucket of its histogram
PAGE = {"live.site_state", "live.site_jobs"}  # the streams of the status page


class Meter:
    """What this process did between two readings, from its own metrics, and in each minute of the last hour."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, ...], float] = {}
        self.minutes: list[list[Any]] = []

    def read(self) -> dict[str, Any]:
        """Counts by name; `slowest` is an upper bound in seconds, `kinds` and `rooms` are the sockets of now."""
        metrics = REGISTRY.restricted_registry([SOCKETS, FAN_OUT, *TOTALS.values()]).collect()
        now = {(each.name, *each.labels.values()): each.value for metric in metrics for each in metric.samples}
        new = {key: value - self.last.get(key, 0) for key, value in now.items()}
        self.last = now
        bounds = {float(key[1]): n for key, n in new.items() if key[0] == FAN_OUT}
        slowest = min((each for each, n in bounds.items() if n == bounds[float("inf")] > 0), default=0.0)
        kinds = {key[1]: int(n) for key, n in now.items() if key[0] == SOCKETS and n}
        rooms = [(int(name[5:]), n) for name, n in listeners().items() if name.startswith("room.")]
        counts: dict[str, Any] = {name: int(new.get((metric,), 0)) for name, metric in TOTALS.items()}
        counts |= {"kinds": kinds, "sockets": sum(kinds.values()), "slowest": min(slowest, BEYOND), "jobs": len(runs)}
        counts |= {"rooms": sorted(rooms, key=lambda room: -room[1])[:ROOMS], "draining": draining()}
        minute = int(time.time()) // 60
        if not self.minutes or self.minutes[-1][0] != minute:
            self.minutes = [*self.minutes[-59:], [minute, 0, 0, 0.0, 0]]
        _, sockets, frames, longest, lost = self.minutes[-1]
        most = max(sockets, counts["sockets"]), frames + counts["deliveries"], max(longest, counts["slowest"])
        self.minutes[-1][1:] = [*most, lost + counts["hints_lost"]]
        return counts


class Reporter:
    """What one process says of itself; `check_redis` gives "ok", or what is wrong with Redis."""

    def __init__(self, name: str, check_redis: Callable[[], str]) -> None:
        words = [Path(word).name for word in (*sys.orig_argv, *sys.argv)]
        server = next((each for each in SERVERS if each in words), "")
        self.known = {"name": name, "pid": os.getpid(), "server": server, "version": settings.VERSION}
        self.pk = 0  # of its row, once there is one
        self.check_redis = check_redis
        self.meter = Meter()
        self.events: dict[str, float] = {}  # when hints were lost, …, by the monotonic clock
        self.away = False
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True, name="monitoring")

    def run(self) -> None:
        while not self.closing.is_set():
            self.attempt(self.report)
            self.closing.wait(EVERY)
        self.attempt(lambda: problems.dismiss(self.pk))

    def attempt(self, work: Callable[[], None]) -> None:
        """Do `work`; what fails is logged, and tried again at the next report."""
        try:
            work()
        except Error as error:
            if not self.away:
                log.warning("the database is away: %s", error)
            self.away = True
        except Exception:
            log.exception("this process could not report itself; it is tried again")
        close_old_connections()

    def report(self) -> None:
        """Write the row in one statement, show it if somebody looks, tell of what is wrong."""
        counts = self.meter.read()
        told = ("hints_lost", "queue_overflows") if settings.REDIS_URLS else ("queue_overflows",)
        self.events |= {name: time.monotonic() for name in told if counts[name]}
        ago = {f"{name}_ago": time.monotonic() - at for name, at in self.events.items()}
        counts |= {**ago, "redis": self.check_redis(), "mail": mail_problem()}
        fields = {"counts": counts, "minutes": self.meter.minutes, "seen": Now(), "ended": None}
        if not Process.objects.filter(pk=self.pk).update(**fields):
            self.pk = Process.objects.create(**self.known, started=Now(), **fields).pk
        if self.away:
            log.warning("the database is back")
            self.events["database"] = time.monotonic()
            self.away = False
        if PAGE & listeners().keys():
            with live.changed(Process):
                pass
        problems.look()


_reporter: Reporter | None = None


def start(role: str, check_redis: Callable[[], str]) -> None:
    """This process, "web" or "worker", begins to report."""
    global _reporter
    port = f":{settings.PORT}" if role == "web" else ""
    _reporter = Reporter(f"{role} {socket.gethostname()}{port}", check_redis)
    _reporter.thread.start()
    atexit.register(stop)


def stop(**_: Any) -> None:
    """This process ends and says so, unless the database holds it up."""
    if _reporter is not None:
        _reporter.closing.set()
        _reporter.thread.join(STOP_TIMEOUT)
