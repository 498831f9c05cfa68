"""A CSV file of orders, read a row at a time, and the file of rejected rows, which may come back corrected."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError

COLUMNS = ("item", "amount", "currency", "note", "reference")
NEEDED = {  # columns, and what shops call them
    "item": {"lineitem name", "description", "product(s)", "line_items", "product name"},
    "amount": {"lineitem price", "order_total", "gross sales", "net sales", "total", "price"},
    "currency": {"order_currency"},
}
ADDED = ["line", "reason"]  # the first columns of a file of rejected rows
MAX_LINES, MAX_ROW = 1_000_000, 64 * 1024  # a row in characters
BLANKS = " \t\r\n,;|"
AS_UTF8 = "In a spreadsheet, choose “CSV UTF-8” when you save it."
_FORMULA = re.compile(r"[\s']*[=+@＝＋－＠-]")


class Row(NamedTuple):
    """The row that ends in `line`: its cells as written, and their `values` by name. `error`: why it is no order."""

    line: int
    cells: list[str]
    values: dict[str, Any]
    error: str = ""


@contextmanager
def open_sheet(file: Any) -> Iterator["Sheet"]:
    """The sheet in a binary file, which stays open. Opening it and reading its rows may raise ValidationError."""
    encoding = _encoding(file)
    file.seek(0)
    sheet = Sheet(io.TextIOWrapper(file, encoding, newline=""), encoding)
    try:
        sheet.read_names()
        yield sheet
    except csv.Error:
        why = f'Line {sheet.line:,}: inside a value in quotes, a quote is written twice ("").'
        raise ValidationError(why) from None
    except UnicodeDecodeError:
        why = f"Line {sheet.line + 1:,} or a later one is not in {encoding.upper()}. {AS_UTF8}"
        raise ValidationError(why) from None
    finally:
        sheet.text.detach()


def _encoding(file: Any) -> str:
    """UTF-16 if the file begins like it; if the first letters beyond ASCII look so, that of old Macs or of Windows."""
    start = file.read(2)
    if start in (b"PK", b"\xd0\xcf"):
        raise ValidationError(f"This is a workbook and not a CSV file. {AS_UTF8}")
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    file.seek(0)
    piece = next((each for each in iter(partial(file.read, 64 * 1024), b"") if not each.isascii()), b"")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece)
    except UnicodeDecodeError as error:
        page = "windows-1252" if b"\n" in piece else "mac-roman"
        if piece[: error.start].isascii() and from_bytes(piece, cp_isolation=[page], enable_fallback=False):
            return page
    return "utf-8"


class Sheet:
    """Rows of a text. `columns` are their names as written, `ignored` those of them that no order has."""

    def __init__(self, text: io.TextIOWrapper, encoding: str) -> None:
        self.text, self.encoding, self.line, self.size = text, encoding, 0, 0  # `size`: what was read of a row

    def read_names(self) -> None:
        """Read the first line, below blank ones and "sep=;". It tells what stands between the values."""
        lines = self._lines()
        filled = (line for line in lines if line.strip(BLANKS))
        first = next(filled, "")
        if said := re.match(r'"?sep=([^"\s]|\t)', first, re.IGNORECASE):
            first = next(filled, "")
        self.delimiter = said[1] if said else max(",;\t|", key=re.sub(r'"[^"]*"', "", first).count)
        self.reader = csv.reader(chain([first.rstrip(BLANKS)], lines), delimiter=self.delimiter, strict=True)
        cells = [cell.strip() for cell in next(self.reader, [])]
        self.again = [cell.casefold() for cell in cells[:2]] == ADDED
        self.columns = cells[2:] if self.again else cells
        self.names = [column.casefold() for column in self.columns]
        self.ignored = [column for column in self.columns if column and column.casefold() not in COLUMNS]
        changes = [f"call one column alone “{name}”" for name in COLUMNS if self.names.count(name) > 1]
        for name in NEEDED.keys() - self.names:
            likely = " or ".join(f"“{column}”" for column in self.ignored if column.casefold() in NEEDED[name])
            changes.append(f"rename {likely} to “{name}”" if likely else f"name a column “{name}”")
        if changes:
            raise ValidationError(f"In the first line, {', '.join(sorted(changes))}. It says: {', '.join(cells)[:200]}")

    def __iter__(self) -> Iterator[Row]:
        for cells in self.reader:
            self.size = 0
            cells = [unescape(cell) for cell in cells[2:]] if self.again else cells
            if any(map(str.strip, cells)):
                if any(map(str.strip, cells[len(self.names) :])):
                    yield Row(self.line, cells, {}, f"More values than columns: put “{self.delimiter}” in quotes.")
                else:
                    yield Row(self.line, cells, dict(zip(self.names, cells, strict=False)))

    def _lines(self) -> Iterator[str]:
        for line in iter(partial(self.text.readline, MAX_ROW + 1), ""):
            self.line, self.size = self.line + 1, self.size + len(line)
            if self.size > MAX_ROW:
                why = f"The row at line {self.line:,} is over {MAX_ROW:,} letters. Is a quote not closed?"
                raise ValidationError(why)
            if self.line > MAX_LINES:
                raise ValidationError(f"It has more than {MAX_LINES:,} lines. Split it and send the parts.")
            if "\0" in line:
                raise ValidationError(f"Line {self.line:,} is not text. {AS_UTF8}")
            yield line.lstrip("\ufeff")


def escape(cell: str) -> str:
    """`cell` with an apostrophe before what a spreadsheet would calculate (CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """What `escape` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
