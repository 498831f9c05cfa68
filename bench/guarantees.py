"""Write the figures of a run of `make faults` into docs/guarantees.md, beside the tests that measured them.

python -m bench.guarantees FILE... reads what pytest's --junitxml wrote. A test records a figure as the property of a
name with a place for the number, such as "gone after {:.1f} s". Of several cases of a test the largest counts, under
each server by itself. A line of the document whose tests measured nothing, or that names none, stays as it is.
"""

import re
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "guarantees.md"
SERVERS = ("daphne", "uvicorn")
TEST = re.compile(r"`([\w/.]*)::(\w+)`")
Figures = dict[str, dict[str, dict[str, float]]]  # test: name of the figure: server, or "" for no matter which: largest


def read(reports: Iterable[Path]) -> Figures:
    """What tests that passed have measured."""
    figures: Figures = defaultdict(lambda: defaultdict(dict))
    for case in (case for report in reports for case in ET.parse(report).iter("testcase")):
        if case.find("failure") is None and case.find("error") is None:
            test, _, cases = case.attrib["name"].partition("[")
            server = next((server for server in SERVERS if server in cases), "")
            for each in case.iter("property"):
                largest = figures[test][each.attrib["name"]]
                largest[server] = max(float(each.attrib["value"]), largest.get(server, float("-inf")))
    return figures


def words(names: dict[str, dict[str, float]]) -> str:
    """All figures of a test."""
    return "; ".join(_figure(name, by_server) for name, by_server in names.items())


def _figure(name: str, by_server: dict[str, float]) -> str:
    place = re.search(r"\{[^}]*\}[^,;]*", name)
    assert place, f"{name!r} has no place for a number"
    each = [place[0].format(value) + (f" ({server})" if server else "") for server, value in by_server.items()]
    return name.replace(place[0], " and ".join(each))


def renewed(text: str, figures: Figures) -> str:
    """The document with the figures of this run."""
    lines = []
    for line in text.splitlines():
        cells = line.split(" | ")
        measured = [figures[test] for _, test in TEST.findall(line) if test in figures]
        if len(cells) == 3 and measured:
            line = " | ".join([*cells[:2], "; ".join(map(words, measured)) + " |"])
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(), read(map(Path, sys.argv[1:]))))
