"""A CSV file of orders: checked as a whole when it is uploaded, then read a row at a time."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

COLUMNS = ("item", "amount", "currency", "note", "reference")
ADDED = ("line", "reason")  # columns of a file of rejected rows, which may come back corrected
MAX_LINES = 1_000_000
MAX_ROW = 64 * 1024  # characters
NOT_TEXT = "This is not a text file in UTF-8. In a spreadsheet, choose “CSV UTF-8” when you save it."
NAMES = "The first line must name the columns, with commas: item, amount, currency; if you like, note, reference."
QUOTES = "Its quotes or line breaks are not those of CSV."
COUNT = "It has more or fewer values than columns. One that holds a comma needs quotes."
_FORMULA = re.compile(r"[\s']*[=+@＝＋－＠-]")


class FileRejected(Exception):
    """A file that cannot be imported, with the reason in words."""


class Row(NamedTuple):
    """The row that ends in `line`, with its cells in the order of COLUMNS. `error` says why it cannot be read."""

    line: int
    cells: list[str]
    error: str = ""


def check_text(chunks: Iterable[bytes]) -> tuple[int, str]:
    """Number of lines and SHA-256 of a file. Raises FileRejected unless it is text of at most MAX_LINES."""
    decoder, digest, lines, chunk = codecs.getincrementaldecoder("utf-8")(), hashlib.sha256(), 0, b"\n"
    try:
        for chunk in chunks:
            if "\0" in decoder.decode(chunk):
                raise FileRejected(NOT_TEXT)
            digest.update(chunk)
            lines += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRejected(NOT_TEXT) from None
    lines += not chunk.endswith(b"\n")
    if lines > MAX_LINES:
        raise FileRejected(f"It has {lines:,} lines, and {MAX_LINES:,} are the most. Split it and send the parts.")
    return lines, digest.hexdigest()


class CsvReader:
    """The rows under the column names, blank ones left out. Raises FileRejected when made, and between rows."""

    def __init__(self, file: Any) -> None:
        """`file` is binary, stands at its beginning, and was checked by `check_text`."""
        self.file, self.line, self.start, self.text = file, 0, 1, ""
        self.reader = csv.DictReader(iter(self._line, ""), strict=True)
        try:
            names = [name.strip().casefold() for name in self.reader.fieldnames or []]
        except csv.Error:
            names = []
        if not set(COLUMNS[:3]) <= set(names) <= set(COLUMNS + ADDED) or len(set(names)) < len(names):
            raise FileRejected(f"{NAMES} It says: {self.text.strip()[:80]}")
        self.reader.fieldnames = names

    def __iter__(self) -> Iterator[Row]:
        while True:
            self.start, self.text = self.line + 1, ""
            try:
                values: dict[Any, Any] = next(self.reader)
            except StopIteration:
                return
            except csv.Error:
                yield Row(self.line, [self.text], QUOTES)
                continue
            cells = [values.get(name) or "" for name in COLUMNS] + values.get(None, [])
            if "reason" in values:
                cells = [unescape(cell) for cell in cells]
            if any(cell.strip() for cell in cells):
                yield Row(self.line, cells, COUNT if None in values or None in values.values() else "")

    def _line(self) -> str:
        """The next line; "" at the end of the file."""
        line = str(self.file.readline(MAX_ROW + 1), "utf-8-sig", "ignore")
        self.text, self.line = self.text + line, self.line + bool(line)
        if len(self.text) > MAX_ROW:
            raise FileRejected(f"The row in line {self.start:,} is over {MAX_ROW:,} characters. Is a quote not closed?")
        return line


def escape(cell: str) -> str:
    """`cell` with an apostrophe before what a spreadsheet would calculate (CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """What `escape` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
