"""How fast and how cheap the product is, beside its peers. Run by `make bench` and `make bench-quick`.

The server has one core with all its threads, the load client the other; 127.0.0.1 only, bounded in count and time.
An answer that is lost, comes twice, out of order or with a wrong status fails the run.
A whole run without a fault writes docs/performance.md, its plot, and the figures beside it; `--readers 50` does not.
"""

import argparse
import functools
import importlib
import json
import os
import signal
import sys

from bench import document, scenarios
from bench.results import CONDITIONS, PRODUCT, ROWS, Results, comparison, table
from bench.servers import CLIENT_CORE, EVERY_PEER, ROOT, WORK, Checkout, checkout, installed

SPARE = 100  # people beside those in the audience
PARTS = (
    "reconnect",
    "first_paint",
    "large_room",
    "alerts",
    "imports",
    "scale",
)  # modules beside this one with ROWS, figures(readers), and what they measure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", help="a commit to compare with; empty for none")
    parser.add_argument("--quick", action="store_true", help="only fan-out, one server, beside ws and the tutorial")
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--servers", nargs="*", default=["uvicorn", "daphne"])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that what was started is ended too
    WORK.mkdir(parents=True, exist_ok=True)
    return quick(options) if options.quick else whole(options)


def quick(options: argparse.Namespace) -> int:
    """Print today's ratios beside those recorded."""
    results = Results(ROWS | CONDITIONS)
    names = measure(results, options, ["ws", "tutorial"])
    recorded = json.loads(document.RECORD.read_text())["medians"] if document.RECORD.exists() else {}
    comparison(ROWS, results.medians, recorded, names[1:])
    return results.verdict()


def whole(options: argparse.Namespace) -> int:
    """Measure everything, print it, and write the document."""
    parts = [importlib.import_module(f"bench.{name}") for name in PARTS]
    rows = functools.reduce(lambda all_, part: all_ | part.ROWS, parts, ROWS)
    results = Results(rows | CONDITIONS)
    names = measure(results, options, [peer.name for peer in EVERY_PEER])
    for part in parts:
        results.measure(PRODUCT, functools.partial(part.figures, options.readers), part.__name__)
    table(results.rows, results.medians, names)
    status = results.verdict()
    if not status:
        folder = document.DOCS if options.readers >= 1000 else WORK
        document.write(folder, document.record(results, rows, options.repeats, options.readers, parts))
    return status


def measure(results: Results, options: argparse.Namespace, peers: list[str]) -> list[str]:
    """Measure the product and peers in turn; the names of all."""
    trees = {"now": Checkout("now", ROOT, options.readers + SPARE)}
    if options.before:
        trees["before"] = checkout(options.before, options.readers + SPARE)
    others = installed(*peers)
    os.sched_setaffinity(0, {CLIENT_CORE})
    runs = [(f"{kind} {when}", tree, kind) for kind in options.servers for when, tree in trees.items()]
    for repeat in range(options.repeats):
        for name, tree, kind in runs[:: -1 if repeat % 2 else 1]:
            results.measure(name, functools.partial(scenarios.product, tree, kind, options.readers, options.quick))
            if not options.quick:
                results.measure(name, functools.partial(scenarios.rooms, tree, kind, options.readers), "idle rooms")
        for other in others:
            results.measure(other.name, functools.partial(scenarios.peer, other, options.readers))
    return [name for name, _, _ in runs] + [other.name for other in others]


if __name__ == "__main__":
    sys.exit(main())
