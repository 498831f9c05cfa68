"""Writes docs/performance.md, its plot and the figures that both were made of. Only a run may call `write`."""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from bench.results import CONDITIONS, PRODUCT, Medians, Results, Rows, bounds, reached, shown
from bench.servers import ROOT, bun

DOCS = ROOT / "docs"
RECORD = DOCS / "performance.json"
NAMES = {  # in the order of the table
    PRODUCT: "Parlour, uvicorn",
    "daphne now": "Parlour, Daphne",
    "Bun": "Bun",
    "nchan": "nginx, nchan",
    "ws": "Node, ws",
    "socket.io": "Node, socket.io",
    "tutorial": "Channels' tutorial",
    "Django": "plain Django",
}
PLOTTED = {
    "flight1_cpu": "Lone message: µs of CPU a delivery",
    "flight8_cpu": "8 in flight: µs of CPU a delivery",
    "lone_p50": "8 messages/s: ms to the last reader, median",
    "connect_cpu": "Connect: ms of CPU",
    "memory": "An idle socket: KiB",
    "page_cpu": "Page of 50 messages: ms of CPU",
}
PACKAGES = ["Django", "channels", "uvicorn", "websockets", "daphne"]


# ---- What a run leaves ----


def record(results: Results, rows: Rows, repeats: int, readers: int, parts: list[ModuleType]) -> dict[str, Any]:
    """All that the document says about a run."""
    medians = results.medians
    others = max(figures.get("others", 0) for figures in medians.values())
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(set(medians)),
        "repeats": repeats,
        "readers": readers,
        "spread": round(results.spread(PRODUCT), 1),
        "others": round(others, 1),
        "full": [name for name in results.full if name in NAMES],
        "rows": rows,
        "parts": [first_paragraph(part) for part in parts],
        "medians": {
            name: {key: float(f"{value:.4g}") for key, value in figures.items() if key not in CONDITIONS}
            for name, figures in medians.items()
            if name in NAMES
        },
    }


def first_paragraph(part: ModuleType) -> str:
    return " ".join((part.__doc__ or "").split("\n\n")[0].split())


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.+)", info)
    kernel = re.match(r"[\d.]+", platform.release())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    system = f"{platform.system()} {kernel[0] if kernel else ''}"
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def versions(measured: set[str]) -> list[str]:
    """Of everything that was measured, as each says itself."""
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    found += [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    if measured & {"ws", "socket.io"}:
        found.append(f"Node {said('node', '--version')}")
        wanted = json.loads((ROOT / "bench" / "peers" / "package.json").read_text())["dependencies"]
        found += [f"{name} {version}" for name, version in wanted.items() if name in measured]
    if "Bun" in measured:
        found.append(f"Bun {said(bun(), '--version')}")
    if "nchan" in measured:
        found.append(f"nginx {said('/usr/sbin/nginx', '-v').rpartition('/')[2]}")
        found.append(f"nchan {said('dpkg-query', '-Wf${Version}', 'libnginx-mod-nchan')}")
    return found


def said(*command: str) -> str:
    """The first version that a program prints."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    number = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return number[0] if number else "?"


def write(folder: Path, run: dict[str, Any]) -> None:
    """Put the plot, the figures and, between its marks, the tables of the document into a folder."""
    (folder / "performance.json").write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    (folder / "performance.svg").write_text(plot(run["medians"], run["rows"]))
    (folder / "performance.md").write_text(told(run, (DOCS / "performance.md").read_text()))
    print(f"written: {folder}/performance.md, .svg and .json")


def told(run: dict[str, Any], text: str) -> str:
    """The document with what a run found between its marks."""
    before, begin, rest = text.partition("<!-- written by bench.run -->\n")
    _, end, after = rest.partition("\n<!-- end -->")
    return f"{before}{begin}{tables(run)}{end}{after}"


# ---- Markdown ----


def tables(run: dict[str, Any]) -> str:
    medians: Medians = run["medians"]
    names = [name for name in NAMES if name in medians]
    ours = [name for name in names if name.endswith(" now")]
    shared = {key for name in names if name not in ours for key in medians[name]}
    missing = [title for name, title in NAMES.items() if name not in medians]
    lines = [
        conditions(run),
        "",
        "![Bars of the figures below that the product shares with its peers: shorter is better](performance.svg)",
        "",
        "### Beside its peers",
        "",
        *grid(run["rows"], medians, [key for key in run["rows"] if key in shared], names),
        "",
        "### What its peers do not have",
        "",
        *grid(run["rows"], medians, [key for key in run["rows"] if key not in shared], ours),
    ]
    if run["parts"]:
        lines += ["", "Measured once, not in each repeat:", "", *(f"- {part}" for part in run["parts"])]
    if full := "; ".join(NAMES[name] for name in run["full"]):
        lines += ["", f"The load client never waited with {full}: the highest rates there are the client's own."]
    if missing:
        lines += ["", f"Not measured: {'; '.join(missing)}."]
    return "\n".join(lines)


def conditions(run: dict[str, Any]) -> str:
    """Where, with what and how often it was measured."""
    repeats = "One repeat"
    if run["repeats"] > 1:
        repeats = (
            f"Medians of {run['repeats']} alternating repeats, between which half of the product's figures differed by "
            f"at most {run['spread']:.0f} %"
        )
    return (
        f"Measured on {run['date']}: {run['machine']}; {', '.join(run['versions'])}. {repeats}. {run['readers']:,} "
        f"readers, each a different person. Other programs took at most {run['others']:.0f} % of a core meanwhile."
    )


def grid(rows: Rows, medians: Medians, keys: list[str], names: list[str]) -> Iterator[str]:
    """A table of these figures of these, with what must be reached and whether it is."""
    yield f"| | {' | '.join(NAMES[name] for name in names)} | must reach | reached |"
    yield "|---|" + "---:|" * len(names) + "---|---|"
    for key in keys:
        label, target = rows[key]
        cells = [shown(medians[name].get(key)) for name in names]
        if any(cell != "–" for cell in cells):
            indent = "&nbsp;&nbsp;" if label.startswith(" ") else ""
            verdict = reached(target, key, medians)
            yield f"| {indent}{label.strip()} | {' | '.join(cells)} | {target.replace('x ', ' × ')} | {verdict} |"


# ---- The plot ----

STYLE = """
svg { font: 13px system-ui, sans-serif; --paper: #fff; --text: #1f2328; --quiet: #59636e; --peer: #b6bec8;
  --ours: #0f6d6d; --beside: #7fb3b1; --goal: #b3261e; }
@media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --text: #e6edf3; --quiet: #9aa5b1; --peer: #4b5560;
  --ours: #6fc7c2; --beside: #3f7d7a; --goal: #ff8a80; } }
.paper { fill: var(--paper); } text { fill: var(--text); paint-order: stroke; stroke: var(--paper); stroke-width: 3; }
.title { font-weight: 600; } .small { fill: var(--quiet); }
.peer { fill: var(--peer); } .ours { fill: var(--ours); } .beside { fill: var(--beside); }
.goal { stroke: var(--goal); stroke-width: 1.5; stroke-dasharray: 4 3; }
.break { stroke: var(--paper); stroke-width: 3; }
"""
WIDTH, NAMED, BAR, LINE, HEAD = 470, 132, 250, 22, 34  # a panel, its names, its longest bar, a line, its title


def plot(medians: Medians, rows: Rows) -> str:
    """Bars for each figure that is plotted, two panels a row. A bar that is much longer than all others is cut."""
    panels = [(title, bars(medians, key), goal(rows, medians, key)) for key, title in PLOTTED.items()]
    panels = [panel for panel in panels if panel[1]]
    parts, top = list[str](), 12
    for at in range(0, len(panels), 2):
        pair = panels[at : at + 2]
        for place, (title, found, most) in enumerate(pair):
            parts += panel_lines(16 + place * WIDTH, top, title, found, most)
        top += HEAD + LINE * max(len(found) for _, found, _ in pair) + 18
    notes = "Shorter is better. The dashed line: what Parlour on uvicorn must reach. A cut bar is longer than shown."
    height, width = top + 26, 2 * WIDTH + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-labelledby="t d"><title id="t">Parlour beside its peers</title>'
        f'<desc id="d">{escape(in_words(panels))}</desc><style>{STYLE}</style>'
        f'<rect class="paper" width="{width}" height="{height}" rx="6"/>\n'
        + "\n".join(parts)
        + f'\n<text class="small" x="16" y="{top + 10}">{notes}</text></svg>\n'
    )


def bars(medians: Medians, key: str) -> list[tuple[str, float]]:
    return [(name, medians[name][key]) for name in NAMES if medians.get(name, {}).get(key) is not None]


def goal(rows: Rows, medians: Medians, key: str) -> float | None:
    """The strictest of the bounds."""
    return min((bound for _, bound in bounds(rows[key][1], key, medians)), default=None)


def panel_lines(left: int, top: int, title: str, found: list[tuple[str, float]], most: float | None) -> Iterator[str]:
    values = sorted((value for _, value in found), reverse=True)
    longest = values[1] if len(values) > 1 and values[0] > 3 * values[1] else values[0]
    longest = max(longest, most or 0) or 1
    start = left + NAMED
    yield f'<text class="title" x="{left}" y="{top + 16}">{escape(title)}</text>'
    figures = []
    for line, (name, value) in enumerate(found):
        y, cut = top + HEAD + line * LINE, value > longest
        length = max(1.0, BAR * min(value / longest, 1) + (16 if cut else 0))
        kind = "ours" if name == PRODUCT else "beside" if name.endswith(" now") else "peer"
        yield f'<text x="{start - 8}" y="{y + 12}" text-anchor="end">{escape(NAMES[name])}</text>'
        yield f'<rect class="{kind}" x="{start}" y="{y}" width="{length:.1f}" height="16" rx="2"/>'
        if cut:
            yield f'<path class="break" d="M{start + BAR - 6} {y + 19}l8 -22"/>'
        figures.append(f'<text x="{start + length + 6:.1f}" y="{y + 12}">{shown(value)}</text>')
    if most is not None:
        x = start + BAR * most / longest
        yield f'<path class="goal" d="M{x:.1f} {top + HEAD - 6}V{top + HEAD + LINE * len(found)}"/>'
    yield from figures  # over the line


def in_words(panels: list[tuple[str, list[tuple[str, float]], float | None]]) -> str:
    return " ".join(
        f"{title}: {', '.join(f'{NAMES[name]} {shown(value)}' for name, value in found)}." for title, found, _ in panels
    )
