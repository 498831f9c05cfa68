"""How fast and how cheap the product is: before, now, and beside its peers. Run by `make bench` and `make bench-quick`.

The server has one core with all its threads, the load client the other; 127.0.0.1 only, bounded in count and time.
An answer that is lost, comes twice, out of order or with a wrong status fails the run, and so does a full client.
"""

import argparse
import functools
import json
import os
import signal
import statistics
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable

from bench import scenarios
from bench.load import Wrong
from bench.scenarios import Figures
from bench.servers import CLIENT_CORE, ROOT, SERVER_CORE, WORK, Checkout, checkout, installed

SPARE = 100  # people beside those in the audience
FULL = 95  # % of the client's time in which it did not wait
ROWS = {  # figure: what it is, and what is wanted
    "lone_p50": ("lone message, 8/s: p50 to the last reader, ms", "≤ nchan"),
    "lone_worst": ("   the worst", "≤ 100"),
    "lone_cpu": ("   server µs a delivery", "≤ 1.2x nchan"),
    "bytes": ("   bytes a delivery, beats and all", ""),
    "flight1_cpu": ("1 in flight: server µs a delivery", "≤ 1.2x nchan"),
    "flight1_rate": ("   deliveries/s", ""),
    "flight1_p50": ("   p50 to the last reader, ms", ""),
    "flight8_cpu": ("8 in flight: server µs a delivery", "≤ 0.4x nchan"),
    "flight8_rate": ("   deliveries/s", ""),
    "flight8_p50": ("   p50 to the last reader, ms", ""),
    "flight8_worst": ("   the worst", ""),
    "connects": ("connects with hello/s", ""),
    "connect_cpu": ("   server ms each", ""),
    "memory": ("KiB an idle socket", "≤ 24"),
    "idle": ("idle with all sockets, % of a core", ""),
    "resumes": ("resumes/s, 20 messages behind", "≥ 500"),
    "resume_cpu": ("   server ms each", ""),
    "posts": ("socket posts acknowledged/s, 64 people", "≥ 2,000"),
    "post_cpu": ("   server ms each", ""),
    "forms": ("HTTP form posts/s, 32 people", "≥ 400"),
    "form_cpu": ("   server ms each", ""),
    "pages": ("room pages/s, 50 messages, signed in", "≥ 600"),
    "page_cpu": ("   server ms each", ""),
    "page_size": ("   KiB", ""),
    "statements": ("   SQL statements", ""),
    "client_cpu": ("load client: most of its core that it used, %", ""),
    "client_busy": ("   most of its time in which it did not wait, %", f"≤ {FULL}"),
    "others": ("other programs meanwhile, at most, % of a core", "≤ 20"),
}


class Results:
    """The figures of every repeat by what was measured, and what went wrong."""

    def __init__(self) -> None:
        self.repeats: dict[str, list[Figures]] = defaultdict(list)
        self.faults: list[str] = []

    def measure(self, name: str, scenario: Callable[[], Figures]) -> None:
        began = time.monotonic()
        try:
            self.repeats[name].append(scenario())
            note = "done"
        except Wrong as why:
            where = [
                each.name for each in traceback.extract_tb(why.__traceback__) if each.filename == scenarios.__file__
            ]
            note = f"FAILED in {' > '.join(where)}: {why}"
            self.faults.append(f"{name} {note}")
        print(f"{name}: {note} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def figure(self, name: str, figure: str) -> float | None:
        """The median of all repeats."""
        values = [each[figure] for each in self.repeats[name] if figure in each]
        return statistics.median(values) if values else None

    def cell(self, column: str, figure: str) -> str:
        """A figure of `name`, or the ratio of two names parted by a slash."""
        over, _, under = column.partition("/")
        value, base = self.figure(over, figure), self.figure(under, figure) if under else None
        if value is None or (under and not base):
            return "–"
        if base:
            return f"{value / base:.2f}x"
        return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"

    def table(self, columns: list[str]) -> None:
        heads = [f"now/{column.split()[-1].split('/')[-1]}" if "/" in column else column for column in columns]
        for label, figure, target in [("figure", "", "target"), *((row[0], key, row[1]) for key, row in ROWS.items())]:
            cells = [self.cell(column, figure) for column in columns] if figure else heads
            if not figure or any(cell != "–" for cell in cells):
                widths = [max(8, len(head)) for head in heads]
                shown = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
                print(f"{label:48}  {shown}  {target}".rstrip())

    def write(self) -> None:
        middle = {name: {each: self.figure(name, each) for each in ROWS} for name in self.repeats}
        everything = {"medians": middle, "repeats": self.repeats, "faults": self.faults}
        (ROOT / "var" / "bench.json").write_text(json.dumps(everything, indent=1))

    def verdict(self) -> int:
        """The exit status; says what failed."""
        for name in self.repeats:
            if (self.figure(name, "client_busy") or 0) > FULL:
                self.faults.append(f"{name} FAILED: the client's core was full, so these figures are the client's")
        print(f"server on core {SERVER_CORE}, client on core {CLIENT_CORE}; every repeat is in var/bench.json")
        for fault in self.faults:
            print(fault)
        return 1 if self.faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", help="a commit to compare with; empty for none")
    parser.add_argument("--quick", action="store_true", help="only now, one server, beside ws and the tutorial")
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--servers", nargs="*", default=["uvicorn", "daphne"])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that what was started is ended too
    WORK.mkdir(parents=True, exist_ok=True)
    trees = {"now": Checkout("now", ROOT, options.readers + SPARE)}
    if options.before:
        trees["before"] = checkout(options.before, options.readers + SPARE)
    others = installed(*(["ws", "tutorial"] if options.quick else ["ws", "socket.io", "nchan", "tutorial"]))
    os.sched_setaffinity(0, {CLIENT_CORE})
    results = Results()
    for repeat in range(options.repeats):
        runs = [(f"{kind} {when}", tree, kind) for kind in options.servers for when, tree in trees.items()]
        for name, tree, kind in runs[:: -1 if repeat % 2 else 1]:
            results.measure(name, functools.partial(scenarios.product, tree, kind, options.readers, options.quick))
        for other in others:
            results.measure(other.name, functools.partial(scenarios.peer, other, options.readers))
    results.table(columns(options.servers, [other.name for other in others], options.quick, "before" in trees))
    results.write()
    return results.verdict()


def columns(servers: list[str], others: list[str], quick: bool, compared: bool) -> list[str]:
    wanted = []
    for kind in servers:
        now, before = f"{kind} now", f"{kind} before"
        wanted += [before, now, f"{now}/{before}"] if compared else [now]
        wanted += [f"{now}/{other}" for other in others] if quick else []
    return wanted + others


if __name__ == "__main__":
    sys.exit(main())
