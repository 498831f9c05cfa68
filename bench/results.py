"""What the figures are called, what is wanted of them, and the tables they are printed in."""

import argparse
import json
import os
import re
import statistics
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench.servers import CLIENT_CORE, ROOT, SERVER_CORE, WORK

Figures = dict[str, float]
Medians = dict[str, Figures]  # by what was measured
Rows = dict[str, tuple[str, str]]  # figure: what it is, and what is wanted; three blanks: it belongs to the row above
FULL = 95  # % of the client's time in which it did not wait
PRODUCT = "uvicorn now"  # which must reach the targets: deploy/ starts it so
ROWS: Rows = {
    "flight1_cpu": ("lone message: server µs a delivery", "≤ 1.3x ws"),
    "flight1_rate": ("   deliveries/s", ""),
    "flight1_p50": ("   p50 to the last reader, ms", ""),
    "lone_p50": ("8 messages/s: p50 to the last reader, ms", "≤ socket.io"),
    "lone_worst": ("   the worst, ms", ""),
    "lone_cpu": ("   server µs a delivery", ""),
    "bytes": ("   bytes a delivery, heartbeats and all", ""),
    "flight8_cpu": ("8 in flight: server µs a delivery", "≤ 0.6x nchan and ≤ 2x Bun"),
    "flight8_rate": ("   deliveries/s", ""),
    "flight8_p50": ("   p50 to the last reader, ms", ""),
    "flight8_worst": ("   the worst, ms", ""),
    "page_cpu": ("room page, 50 messages, signed in: server ms", "≤ 2.5"),
    "pages": ("   pages/s", "≥ 400"),
    "page_size": ("   KiB", ""),
    "statements": ("room page: SQL statements", ""),
    "connect_cpu": ("connect and hello: server ms", "≤ 1.5"),
    "connects": ("   connects/s", "≥ 600"),
    "posts": ("socket posts acknowledged/s, 64 people", "≥ 2,000"),
    "post_cpu": ("   server ms each", ""),
    "forms": ("HTTP form posts/s, 32 people", "≥ 600"),
    "form_cpu": ("   server ms each", ""),
    "memory": ("KiB an idle socket", "≤ 24"),
    "idle": ("   idle with all sockets, % of a core", ""),
    "resume": ("all resume at once, 50 messages behind: s until all have caught up", "≤ 2"),
    "resume_cpu": ("   server ms each", ""),
    "idle_rooms": ("each socket in a room of its own, idle: % of a core", "≤ 5"),
}
CONDITIONS: Rows = {
    "client_cpu": ("load client: most of its core that it used, %", ""),
    "client_busy": ("   most of its time in which it did not wait, %", f"≤ {FULL}"),
    "others": ("other programs meanwhile, at most, % of a core", "≤ 20"),
}


class Results:
    """The figures of every repeat by what was measured, and what went wrong."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.repeats: dict[str, list[Figures]] = defaultdict(list)
        self.faults: list[str] = []

    def measure(self, name: str, scenario: Callable[[], Figures], part: str = "") -> None:
        """Add what a scenario returns to the figures of `name`."""
        began, what = time.monotonic(), f"{name} {part}".strip()
        try:
            self.repeats[name].append(scenario())
            note = "done"
        except Exception as why:  # it fails the run, but not what else is measured
            where = [each.name for each in traceback.extract_tb(why.__traceback__) if "/bench/" in each.filename]
            note = f"FAILED in {' > '.join(where[1:])}: {why!r}"
            self.faults.append(f"{what} {note}")
        print(f"{what}: {note} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    @property
    def medians(self) -> Medians:
        """Of all repeats."""
        return {
            name: {key: statistics.median(values) for key in self.rows if (values := column(repeats, key))}
            for name, repeats in self.repeats.items()
        }

    @property
    def full(self) -> list[str]:
        """What was quicker than the client."""
        return [name for name, figures in self.medians.items() if figures.get("client_busy", 0) > FULL]

    def spread(self, name: str) -> float:
        """By how much of itself half of the figures differ at most between the repeats, in %."""
        both = [values for key in self.rows if len(values := column(self.repeats[name], key)) > 1 and min(values)]
        return 100 * statistics.median((max(values) - min(values)) / min(values) for values in both) if both else 0.0

    def verdict(self) -> int:
        """The exit status; keeps every repeat, and says what failed."""
        everything = {"medians": self.medians, "repeats": self.repeats, "faults": self.faults}
        (ROOT / "var" / "bench.json").write_text(json.dumps(everything, indent=1))
        for name in self.full:
            print(f"{name}: the client never waited, so its rates and times are the client's; its CPU is not")
        print(f"server on core {SERVER_CORE}, client on core {CLIENT_CORE}; every repeat is in var/bench.json")
        for fault in self.faults:
            print(fault)
        return 1 if self.faults else 0


def column(repeats: list[Figures], key: str) -> list[float]:
    return [each[key] for each in repeats if key in each]


def shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(medians: Medians, over: str, under: str, key: str) -> str:
    value, base = medians.get(over, {}).get(key), medians.get(under, {}).get(key)
    return f"{value / base:.2f}x" if value is not None and base else "–"


def bounds(target: str, key: str, medians: Medians) -> Iterator[tuple[str, float]]:
    """The numbers that a target such as `≤ 0.6x nchan and ≤ 2x Bun` stands for, as far as they were measured."""
    for part in filter(None, target.split(" and ")):
        sign, rest = part.split(" ", 1)
        if number := re.fullmatch(r"[\d,.]+", rest):
            yield sign, float(number[0].replace(",", ""))
        elif found := re.fullmatch(r"(?:([\d.]+)x )?(\S+)", rest):
            base = medians.get(found[2], {}).get(key)
            if base is not None:
                yield sign, float(found[1] or 1) * base


def reached(target: str, key: str, medians: Medians) -> str:
    """`yes` or `no`; a dash where something was not measured."""
    value, wanted = medians.get(PRODUCT, {}).get(key), list(bounds(target, key, medians))
    if value is None or not target or len(wanted) < len(target.split(" and ")):
        return "–" if target else ""
    return "yes" if all(value <= bound if sign == "≤" else value >= bound for sign, bound in wanted) else "no"


def print_table(heads: list[str], lines: Iterable[tuple[str, list[str], str]]) -> None:
    widths = [max(8, len(head)) for head in heads]
    for label, cells, end in [("figure", heads, ""), *lines]:
        if any(cell != "–" for cell in cells):
            row = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            print(f"{label:68}  {row}  {end}".rstrip())


def table(rows: Rows, medians: Medians, names: list[str]) -> None:
    """All figures, what is wanted, and whether that is reached."""
    print_table(
        names,
        (
            (
                label,
                [shown(medians.get(name, {}).get(key)) for name in names],
                f"{target} {reached(target, key, medians)}",
            )
            for key, (label, target) in rows.items()
        ),
    )


def comparison(rows: Rows, medians: Medians, recorded: Medians, others: list[str]) -> None:
    """The product beside others, now and as it was recorded."""
    sources = [("now", medians), ("recorded", recorded)]
    pairs = [(when, source, other) for other in others for when, source in sources if other in source]
    lines = (
        (
            label,
            [
                shown(medians.get(PRODUCT, {}).get(key)),
                *(ratio(source, PRODUCT, other, key) for _, source, other in pairs),
            ],
            "",
        )
        for key, (label, _) in rows.items()
    )
    print_table(["now", *(f"{when}/{other}" for when, _, other in pairs)], lines)


def alone(rows: Rows, figures: Callable[[int], Figures]) -> int:
    """`python -m` of a part: prints its figures; the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=1000)
    readers = parser.parse_args().readers
    WORK.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {CLIENT_CORE})
    results = Results(rows)
    results.measure(PRODUCT, lambda: figures(readers), Path(sys.argv[0]).stem)
    table(rows, results.medians, [PRODUCT])
    for fault in results.faults:
        print(fault)
    return 1 if results.faults else 0
