"""Writing: a deed collects what it changes, one function numbers it and commits it."""

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from parlour import heads, hints
from parlour.models import Numbered
from parlour.owed import owe
from parlour.retrying import retried

T = TypeVar("T")


class Change:
    """What one deed will write. It only collects: rows to add, rows to edit, streams to touch."""

    def __init__(self) -> None:
        self.added: list[tuple[str, Numbered]] = []
        self.edited: list[tuple[str, Numbered, tuple[str, ...]]] = []
        self.touched: list[str] = []
        self.after: list[Callable[[], None]] = []

    def add(self, stream: str, row: Numbered) -> None:
        """Insert `row` as the next event of `stream`."""
        self.added.append((stream, row))

    def edit(self, stream: str, row: Numbered, *fields: str) -> None:
        """Save `fields` of a row that exists. The deed has locked it (`select_for_update`) before it looked."""
        self.edited.append((stream, row, fields))

    def touch(self, stream: str) -> None:
        """Say that `stream` would answer differently now, though no row of it changed."""
        self.touched.append(stream)

    def then(self, work: Callable[[], None]) -> None:
        """Do `work` in the same transaction once the added rows have their primary keys. It touches no stream."""
        self.after.append(work)

    def finish(self) -> None:
        for work in self.after:
            work()

    def streams(self) -> list[str]:
        return [name for name, _ in self.added] + [name for name, _, _ in self.edited] + self.touched


def live_write(body: Callable[..., T]) -> Callable[..., T]:
    """Decorate a verb `body(change, …)`, which collects into `change`; what it collected is then written.

    Outside any transaction the rows are numbered and committed at once. Inside a caller's transaction they
    are written unnumbered and numbered after it commits, so a slow caller holds nobody's head.
    """

    @functools.wraps(body)
    def written(*args: Any, **kwargs: Any) -> T:
        if connection.in_atomic_block:
            change = Change()
            result = body(change, *args, **kwargs)
            owe(change.added, change.edited, change.touched)
            change.finish()
            return result
        return retried(lambda: _committed(lambda change: body(change, *args, **kwargs)))

    return written


def _committed(body: Callable[[Change], T]) -> T:
    change = Change()
    with transaction.atomic():
        result = body(change)
        raised = _number(change)
        change.finish()
    hints.tell(raised)
    return result


def _number(change: Change) -> dict[str, int]:
    """Lock and bump every head in one statement, give the numbers out, write the rows. Returns the new heads."""
    raised, numbers = heads.take(change.streams())
    fresh: dict[type[Model], list[Any]] = defaultdict(list)
    for _, row in change.added:
        row.seq = row.changed = next(numbers)
        fresh[type(row)].append(row)
    for model, rows in fresh.items():
        model._default_manager.bulk_create(rows)
    for _, row, fields in change.edited:
        row.changed = next(numbers)
        row.save(update_fields=[*fields, "changed"])
    return raised
