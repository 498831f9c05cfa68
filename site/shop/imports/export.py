"""Rejected rows as a CSV file that a spreadsheet may open: nothing in it is taken for a formula."""

import csv
import io
import threading
from collections.abc import Generator, Iterable, Iterator
from weakref import WeakValueDictionary

from shop.imports.formulas import harmless
from shop.imports.models import Import
from shop.imports.sheet import ADDED

AT_ONCE = 500  # rows
_going: WeakValueDictionary[int, Generator[str]] = WeakValueDictionary()
_beginning = threading.Lock()


def begun(imported: Import) -> Iterator[str] | None:
    """The file, or None while another one of its owner's is on its way: as long as its answer lives."""
    owner = imported.job.owner_id
    with _beginning:
        if owner in _going:
            return None
        _going[owner] = rows = written(imported)
    return rows


def written(imported: Import) -> Generator[str]:
    """The file in pieces, rows in the order of their lines. It begins with the mark by which UTF-8 is known."""
    yield "\ufeff" + _csv([[*ADDED, *imported.columns]])
    line = 0
    while rows := list(imported.rejects.filter(line__gt=line)[:AT_ONCE]):
        yield _csv([str(row.line), row.reason, *row.cells] for row in rows)
        line = rows[-1].line


def _csv(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(harmless, row) for row in rows)
    return text.getvalue()
