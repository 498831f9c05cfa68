"""Two web processes with PostgreSQL and Redis, over which people and their messages are shared out evenly, beside one:
messages to everybody, as many in flight as keep both at work, and eight, which one process takes with ease. What each
process spends of its processor on one says how many it can bear where it has a core of its own, which two processes,
their databases and a client do not have on two cores.

Run by itself it writes what a message costs each part of a site, and how many a larger site needs, into docs/scale.md.
python -m bench.scale [--readers 1000], which `make bench-scale` calls, measures one and two web processes on PostgreSQL
and Redis, keeps the costs in var/scale.json, and writes the tables. Web processes share a core; all else runs on the
other.
"""

import argparse
import itertools
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.load import Loop, Room
from bench.results import Figures, Rows
from bench.scenarios import LONE_POSTS, LONE_RATE, Product, close
from bench.servers import CLIENT_CORE, ROOT, WORK, Server, cpu, family, free_port, run
from e2e.support.postgres import Postgres
from e2e.support.redis import Redis

DOCUMENT = ROOT / "docs" / "scale.md"
MANY, SOME = 64, 8  # messages in flight
FEW, IDLE = 20, 10  # readers beside whom a message costs next to no deliveries; seconds without a message
ROOM, LOAD = 50, 0.5  # people in a room; the share of a core, or of the one that Redis has, that is planned for
PARTS = ("web", "redis", "postgresql")


ROWS: Rows = {
    "two_ratio": (
        "two processes, PostgreSQL and Redis: messages for a second of each one's processor, 64 in flight, x of one",
        "≥ 1.6",
    ),
    "two_one": ("   one process, ms a message", ""),
    "two_each": ("   each of two, ms a message", ""),
    "two_ratio_some": ("   8 in flight, x of one", ""),
    "two_one_some": ("   one process, ms a message", ""),
    "two_each_some": ("   each of two, ms a message", ""),
}


class Costs(NamedTuple):
    """Seconds of processor, but for `memory`."""

    message: dict[str, float]  # each part, for a message that a process passes to its own readers
    further: dict[str, float]  # each part, for each further process that has readers of it
    delivery: float  # to one socket, of its web process
    idle: float  # of a socket for a second, of its web process
    memory: float  # KiB of a socket


class Site:
    """Web processes on one PostgreSQL and one Redis."""

    def __init__(self, folder: Path, processes: int, people: int) -> None:
        self.postgres, self.redis = Postgres(), Redis(folder)
        env = {
            "PARLOUR_VAR": str(folder),
            "DATABASE_URL": self.postgres.url(self.postgres.create()),
            "REDIS_URL": self.redis.url(),
            "HOST": "127.0.0.1",
            "SERVER": "uvicorn",
        }
        inside = (ROOT / "bench" / "inside.py").read_text() + f"\nseed({people}, 'Bench audience')"
        for words in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
            run([sys.executable, "manage.py", *words], ROOT, env)
        seeded = run([sys.executable, "manage.py", "shell", "-v0", "-c", inside], ROOT, env)
        self.cookies: list[str] = json.loads(seeded.splitlines()[-1])
        self.servers = []
        for number in range(processes):
            port = free_port()
            command, log = [sys.executable, "-m", "config.serve"], WORK / f"scale-{number}.log"
            env |= {
                "PORT": str(port),
                "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            self.servers.append(Server(f"uvicorn {number}", command, ROOT, log, port, **env))
            self.servers[-1].wait("/healthz")

    def spent(self) -> dict[str, float]:
        """Seconds of processor that each part has used."""
        return {
            "web": sum(server.cpu() for server in self.servers),
            "redis": cpu(self.redis.process.pid),
            "postgresql": sum(map(cpu, family(self.postgres.process.pid))),
        }

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.redis.kill()
        self.postgres.remove()


@contextmanager
def audience(processes: int, readers: int) -> Iterator[tuple[Site, Product, Room, list]]:
    """So many people in a room, shared out among so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        site, loop = Site(Path(folder), processes, readers + FEW), Loop()
        try:
            bench = Product(site.servers[0], loop, site.cookies)
            bench.ports = itertools.cycle(server.port for server in site.servers)
            room, wire = Room(), bench.wire("bench-audience")
            close(bench.connect(wire, room, site.cookies[-FEW:]))  # whatever is made at the first of all
            loop.run_for(1)
            memory = sum(server.memory() for server in site.servers)
            sockets = bench.connect(wire, room, site.cookies[:readers])
            room.readers = readers
            loop.run_for(2)
            bench.figures["memory"] = (sum(server.memory() for server in site.servers) - memory) / readers
            yield site, bench, room, sockets
        finally:
            loop.close()
            site.stop()


def measure(processes: int, readers: int) -> tuple[dict[str, float], dict[str, float], float]:
    """What each part spends on a message, and in a second without one; KiB of a socket."""
    with audience(processes, readers) as (site, bench, room, sockets):
        idle = _difference(site, lambda: bench.loop.run_for(IDLE))
        idle = {part: seconds / IDLE for part, seconds in idle.items()}

        def say() -> None:
            for speaker in itertools.islice(itertools.cycle(sockets), LONE_POSTS):
                speaker.say(next(bench.numbers))
                bench.loop.run_for(1 / LONE_RATE)
            bench.settle(room, sockets)

        spent = _difference(site, say)
        took = LONE_POSTS / LONE_RATE
        return (
            {part: max(spent[part] - idle[part] * took, 0) / LONE_POSTS for part in PARTS},
            idle,
            bench.figures["memory"],
        )


def _difference(site: Site, what: Callable[[], None]) -> dict[str, float]:
    before = site.spent()
    what()
    return {part: seconds - before[part] for part, seconds in site.spent().items()}


def figures(readers: int) -> Figures:
    """One repeat."""
    one, two = _at_work(1, readers), _at_work(2, readers)
    return {
        "two_ratio": one[0] / two[0],
        "two_one": one[0],
        "two_each": two[0],
        "two_ratio_some": one[1] / two[1],
        "two_one_some": one[1],
        "two_each_some": two[1],
    }


def _at_work(processes: int, readers: int) -> list[float]:
    """Milliseconds of processor that each web process spends on a message, with many and with some in flight."""
    spent = []
    with audience(processes, readers) as (site, bench, room, sockets):
        for in_flight in (MANY, SOME):
            before, said = site.spent()["web"], len(room.order)
            bench.closed(room, sockets, in_flight)
            spent.append(1000 * (site.spent()["web"] - before) / processes / (len(room.order) - said))
    return spent


def costs(readers: int) -> tuple[Costs, float, float]:
    """The costs, what they say of a message to all readers of two processes, and what that was measured to be."""
    few, few_idle, _ = measure(1, FEW)
    all_, all_idle, memory = measure(1, readers)
    two, _, _ = measure(2, FEW)
    both, _, _ = measure(2, readers)
    found = Costs(
        message={**few, "web": few["web"] - FEW * (delivery := (all_["web"] - few["web"]) / (readers - FEW))},
        further={part: max(two[part] - few[part], 0) for part in PARTS},
        delivery=delivery,
        idle=(all_idle["web"] - few_idle["web"]) / (readers - FEW),
        memory=memory,
    )
    return found, found.message["web"] + found.further["web"] + readers * delivery, both["web"]


def needs(cost: Costs, sockets: int, messages: float, room: int) -> dict[str, float]:
    """What a site needs for so many sockets in rooms of this size and so many messages a second."""
    processes = 1
    while True:
        reached = min(room, processes) - 1  # further processes with readers of a message
        each = {part: cost.message[part] + reached * cost.further[part] for part in PARTS}
        web = messages * (each["web"] + room * cost.delivery) + sockets * cost.idle
        if (wanted := math.ceil(web / LOAD)) <= processes:
            return {
                "processes": processes,
                "memory": sockets * cost.memory / 1024**2,
                "redis": messages * each["redis"] / LOAD,
                "postgresql": messages * each["postgresql"] / LOAD,
                "hints": messages * (reached + 1),
            }
        processes = wanted


def tables(cost: Costs, computed: float, measured: float) -> str:
    """The tables of the document, in Markdown."""
    us = {part: f"{cost.message[part] * 1e6:,.0f} | {cost.further[part] * 1e6:,.0f}" for part in PARTS}
    lines = ["| part | µs a message | µs for each further process |", "|---|---|---|"]
    lines += [f"| {part} | {us[part]} |" for part in PARTS]
    lines += [
        "",
        f"A delivery to one socket takes {cost.delivery * 1e6:.1f} µs, an idle socket {cost.idle * 1e6:.0f} µs a "
        f"second and {cost.memory:.0f} KiB, all of its web process. For a message to all readers of two "
        f"processes these figures say {computed * 1e3:.1f} ms of processor; measured were {measured * 1e3:.1f} ms.",
        "",
        "| sockets | each says something every | messages/s | deliveries/s | web processes | their sockets' memory | "
        "Redis: hints/s, cores | PostgreSQL: commits/s, cores |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for sockets in (10_000, 100_000, 1_000_000):
        for minutes in (10, 1):
            rate = sockets / minutes / 60
            need = needs(cost, sockets, rate, ROOM)
            lines.append(
                f"| {sockets:,} | {minutes} min | {rate:,.0f} | {rate * ROOM:,.0f} | {need['processes']:,} | "
                f"{need['memory']:.1f} GiB | {need['hints']:,.0f}, {need['redis']:.1f} | "
                f"{rate:,.0f}, {need['postgresql']:.1f} |"
            )
    lines += ["", "| a room of 100,000: messages/s | deliveries/s | web processes |", "|---|---|---|"]
    for rate in (0.1, 1, 10):
        need = needs(cost, 100_000, rate, 100_000)
        lines.append(f"| {rate:g} | {rate * 100_000:,.0f} | {need['processes']:,} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1000)
    readers = parser.parse_args().readers
    WORK.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {CLIENT_CORE})
    found = costs(readers)
    (ROOT / "var" / "scale.json").write_text(json.dumps([found[0]._asdict(), *found[1:]], indent=1))
    text, marks = DOCUMENT.read_text(), r"(<!-- written by bench\.scale -->\n).*(\n<!-- end -->)"
    DOCUMENT.write_text(re.sub(marks, lambda match: match[1] + tables(*found) + match[2], text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
