"""A batch: some rows of a sheet, what became of each, and where the next batch begins."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from accounts.names import clean
from shop.imports import slips
from shop.imports.sheet import Row, Sheet
from shop.imports.slips import Slip

ROWS = 50  # of one batch: whoever else wants to write waits a hundredth of a second
LARGEST = 256 * 1024  # bytes of one batch, and one row
LONGEST = 500  # characters of a rejected cell that are kept
CELLS = 8  # of a rejected row that are kept


class Taken(NamedTuple):
    """A row that is an order."""

    row: Row
    slip: Slip


class Rejected(NamedTuple):
    """A row that is none: the line it begins in, why, and its cells, cut to a sane length."""

    line: int
    reason: str
    cells: list[str]


class Batch(NamedTuple):
    """What some rows hold; `cursor` and `line` are where the row after them begins."""

    taken: list[Taken]
    rejected: list[Rejected]
    cursor: int
    line: int


def batches(sheet: Sheet) -> Iterator[Batch]:
    """All rows that are left, a batch at a time. One of blank lines holds nothing."""
    rows = iter(sheet)
    while some := list(_next(sheet, rows)):
        yield _batch(sheet, some)


def _next(sheet: Sheet, rows: Iterator[Row]) -> Iterator[Row]:
    began = sheet.cursor
    for row in islice(rows, ROWS):
        yield row
        if sheet.cursor - began > LARGEST:
            return


def _batch(sheet: Sheet, rows: Iterable[Row]) -> Batch:
    batch = Batch([], [], sheet.cursor, sheet.line)
    for row in rows:
        try:
            if row.fault:
                raise slips.Denied(row.fault)
            if not row.blank:
                batch.taken.append(Taken(row, slips.read(sheet.columns, row.cells)))
        except slips.Denied as why:
            batch.rejected.append(rejected(row, str(why)))
    return batch


def rejected(row: Row, reason: str) -> Rejected:
    """What is kept of a row that is no order."""
    return Rejected(row.line, clean(reason)[:LONGEST], [clean(cell[:LONGEST]) for cell in row.cells[:CELLS]])
