"""A sheet of orders: CSV as bytes, read a row at a time, with the line of each and the place where the next begins."""

import csv
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from shop.imports.formulas import plain

REQUIRED = ("item", "amount", "currency")
OPTIONAL = ("note", "reference")
COLUMNS = REQUIRED + OPTIONAL
ADDED = ("line", "reason")  # by us, to a file of rejected rows, which may come back corrected
LONGEST = 64 * 1024  # bytes of a row, many times what a good one has
MOST_COMMAS = 1_000  # in a row: a cell of nothing takes thirty times its place in the file
_BOM = b"\xef\xbb\xbf"
_FOREIGN = (b"PK\x03\x04", b"%PDF", b"\x1f\x8b")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
NO_CSV = "This is not a CSV file in UTF-8. In a spreadsheet, choose “CSV UTF-8” when you save it."

HEADLESS = f"The first line must name the columns: {', '.join(REQUIRED)}; and, if you like, {', '.join(OPTIONAL)}."
NO_ORDER = "It names the columns, and there is no order under them."


class Unreadable(Exception):
    """A sheet that cannot be taken, with the reason in words."""


class Row(NamedTuple):
    """`line` is the one it begins in, from 1; `cells` are none in a blank line; `fault` says why it is no row."""

    line: int
    cells: list[str]
    fault: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it, which is no mistake."""
        return not self.fault and not any(map(str.strip, self.cells))


class Sheet:
    """The rows under the names of the `columns`. `cursor` (bytes) and `line` say where the next row begins.

    Never more than LONGEST of the stream is held. Raises Unreadable when made, and between rows.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """`stream` can be sought, and stands at its beginning."""
        beginning = stream.read(4096)
        if b"\0" in beginning or beginning.startswith(_FOREIGN):
            raise Unreadable(NO_CSV)
        stream.seek(len(_BOM) if beginning.startswith(_BOM) else 0)
        self._lines = _Lines(stream)
        names = _columns(next(self._rows(), Row(1, [], "")))
        self.columns = [name for name in names if name not in ADDED]
        self._added = {at for at, name in enumerate(names) if name in ADDED}

    @property
    def cursor(self) -> int:
        return self._lines.cursor

    @property
    def line(self) -> int:
        return self._lines.line + 1

    def go(self, cursor: int, line: int) -> None:
        """Go on, or back, to where `cursor` and `line` were read before."""
        self._lines.go(cursor, line - 1)

    def __iter__(self) -> Iterator[Row]:
        return map(self._sent, self._rows()) if self._added else self._rows()

    def _sent(self, row: Row) -> Row:
        """The row as it was before it was rejected."""
        return row._replace(cells=[plain(cell) for at, cell in enumerate(row.cells) if at not in self._added])

    def _rows(self) -> Iterator[Row]:
        reader = csv.reader(self._lines, strict=True)
        while True:
            begins = self.line
            self._lines.held = self._lines.commas = 0
            try:
                yield Row(begins, next(reader))
            except StopIteration:
                return
            except _TooLong as why:
                if self.line - begins > 1:
                    raise Unreadable(f"The row that begins in line {begins:,} {why}. Is a quote not closed?") from None
                yield Row(begins, [], f"It {why}.")
            except csv.Error:
                if self._lines.ended:
                    raise Unreadable(f"A quote that opens in line {begins:,} is never closed.") from None
                yield Row(begins, [], "Its quotes or line breaks are not those of CSV.")


class _TooLong(Exception):
    pass


class _Lines:
    """The lines of a stream as text, for csv.reader. `held` bytes and `commas` are those of the row being read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.cursor, self.line, self.held, self.commas, self.ended = stream.tell(), 0, 0, 0, False

    def go(self, cursor: int, line: int) -> None:
        self.stream.seek(cursor)
        self.cursor, self.line, self.ended = cursor, line, False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self.stream.readline(LONGEST + 1)
        if not raw:
            self.ended = True
            raise StopIteration
        self.line += 1
        self._count(raw)
        if len(raw) > LONGEST:
            while not raw.endswith(b"\n") and (raw := self.stream.readline(LONGEST)):
                self._count(raw)
        if self.held > LONGEST:
            raise _TooLong(f"is over {LONGEST // 1024} KB long")
        if self.commas > MOST_COMMAS:
            raise _TooLong(f"has over {MOST_COMMAS:,} commas")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise Unreadable(f"Line {self.line:,} is not UTF-8. Save the file as UTF-8 and send it again.") from None

    def _count(self, raw: bytes) -> None:
        self.cursor += len(raw)
        self.held += len(raw)
        self.commas += raw.count(b",")


def _columns(head: Row) -> list[str]:
    """The names in the first row, if they are those of a sheet of orders. Raises Unreadable."""
    if head.fault or not any(cell.strip() for cell in head.cells):
        raise Unreadable(HEADLESS)
    names = [cell.strip().casefold() for cell in head.cells]
    if len(names) == 1:
        for sign, called in _SEPARATORS.items():
            if sign in names[0]:
                raise Unreadable(f"Its values stand between {called}. Save it with commas.")
    if not set(names) & set(COLUMNS):
        raise Unreadable(HEADLESS)
    if problems := _problems(names):
        raise Unreadable(" ".join(problems))
    return names


def _problems(names: list[str]) -> list[str]:
    twice = [name for name, many in Counter(names).items() if many > 1 and name in COLUMNS + ADDED]
    strange = [name for name in dict.fromkeys(names) if name and name not in COLUMNS + ADDED]
    missing = [name for name in REQUIRED if name not in names]
    problems = []
    if "" in names:
        problems.append(f"Column {names.index('') + 1} has no name.")
    if strange:
        problems.append(f"There is no place for {_listed(strange)}: the columns are {', '.join(COLUMNS)}.")
    if twice:
        problems.append(f"More than one column is called {_listed(twice)}.")
    if missing:
        problems.append(f"It lacks {_listed(missing)}.")
    return problems


def _listed(names: list[str]) -> str:
    """ "“a”, “b” and 4 more": a few names, none of them long."""
    shown = ", ".join(f"“{name[:40]}”" for name in names[:3])
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown
