"""A CSV file of orders, read a row at a time, and the file of rejected rows, which may come back corrected."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

COLUMNS = ("item", "amount", "currency", "note", "reference")
ADDED = ("line", "reason")  # columns of a file of rejected rows
MAX_LINES = 1_000_000
MAX_ROW = 64 * 1024  # bytes
NOT_TEXT = "This is not a text file in UTF-8. In a spreadsheet, choose “CSV UTF-8” when you save it."
NAMES = "The first line must name the columns, with commas: item, amount, currency; if you like, note, reference."
COUNT = "It has more or fewer values than columns. One that holds a comma needs quotes."
_FORMULA = re.compile(r"[\s']*[=+@＝＋－＠-]")


class FileRejected(Exception):
    """A file that cannot be imported, with the reason in words."""


class Row(NamedTuple):
    """The row that ends in `line`, with its cells in the order of COLUMNS. `error` says why it cannot be an order."""

    line: int
    cells: list[str]
    error: str = ""


def read_rows(file: Any) -> Iterator[Row]:
    """The rows of a binary file under its column names, blank ones left out. Raises FileRejected."""
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    try:
        names = _column_names(next(reader, []))
        for cells in reader:
            lines.size = 0
            if "reason" in names:
                cells = [unescape(cell) for cell in cells]
            values = dict(zip(names, cells, strict=False))
            if any(map(str.strip, cells)):
                in_order = [values.get(name, "") for name in COLUMNS] + cells[len(names) :]
                yield Row(reader.line_num, in_order, "" if len(cells) == len(names) else COUNT)
    except csv.Error:
        raise FileRejected(f"The quotes or line breaks in line {reader.line_num:,} are not those of CSV.") from None
    except UnicodeDecodeError:
        raise FileRejected(NOT_TEXT) from None


class _Lines:
    """The lines of a binary file; `size` is how much of a row was read. Bounds what one row can take of the memory."""

    def __init__(self, file: Any) -> None:
        self.file, self.size = file, 0

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(iter(partial(self.file.readline, MAX_ROW + 1), b""), 1):
            self.size += len(line)
            if self.size > MAX_ROW:
                raise FileRejected(f"The row at line {number:,} is over {MAX_ROW:,} bytes. Is a quote not closed?")
            if number > MAX_LINES:
                raise FileRejected(f"It has more than {MAX_LINES:,} lines. Split it and send the parts.")
            if b"\0" in line:
                raise FileRejected(NOT_TEXT)
            yield line.decode("utf-8-sig")


def _column_names(cells: list[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    if not set(COLUMNS[:3]) <= set(names) <= {*COLUMNS, *ADDED} or len(set(names)) < len(names):
        raise FileRejected(f"{NAMES} It says: {','.join(cells)[:80]}")
    return names


def escape(cell: str) -> str:
    """`cell` with an apostrophe before what a spreadsheet would calculate (CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """What `escape` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
