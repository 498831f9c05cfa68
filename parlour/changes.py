"""Writing: a deed collects what it changes, one function numbers it and commits it."""

import functools
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models import Model

from parlour import hints
from parlour.models import Head, Numbered, Owed

log = logging.getLogger("parlour")
T = TypeVar("T")
counts: Counter[str] = Counter()


class Change:
    """What one deed will write. It only collects: rows to add, rows to edit, streams to touch."""

    def __init__(self) -> None:
        self.added: list[tuple[str, Numbered]] = []
        self.edited: list[tuple[str, Numbered, tuple[str, ...]]] = []
        self.touched: list[str] = []

    def add(self, stream: str, row: Numbered) -> None:
        """Insert `row` as the next event of `stream`."""
        self.added.append((stream, row))

    def edit(self, stream: str, row: Numbered, *fields: str) -> None:
        """Save `fields` of a row that exists. The deed has locked it (`select_for_update`) before it looked."""
        self.edited.append((stream, row, fields))

    def touch(self, stream: str) -> None:
        """Say that `stream` would answer differently now, though no row of it changed."""
        self.touched.append(stream)

    def streams(self) -> list[str]:
        return [name for name, _ in self.added] + [name for name, _, _ in self.edited] + self.touched


def deed(body: Callable[..., T]) -> Callable[..., T]:
    """Decorate a verb `body(change, …)`, which collects into `change`; what it collected is then written.

    Outside any transaction the rows are numbered and committed at once. Inside a caller's transaction they
    are written unnumbered and numbered after it commits, so a slow caller holds nobody's head.
    """

    @functools.wraps(body)
    def written(*args: Any, **kwargs: Any) -> T:
        if connection.in_atomic_block:
            change = Change()
            result = body(change, *args, **kwargs)
            _owe(change)
            return result
        return _retried(lambda: _committed(body, *args, **kwargs))

    return written


def _committed(body: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    change = Change()
    with transaction.atomic():
        result = body(change, *args, **kwargs)
        heads = _number(change)
    hints.tell(heads)
    return result


def _retried(attempt: Callable[[], T]) -> T:
    try:
        return attempt()
    except OperationalError as error:
        if "deadlock" not in str(error):
            raise
        counts["deadlocks"] += 1
        log.warning("a deadlock was retried", exc_info=error)
        return attempt()


def _number(change: Change) -> dict[str, int]:
    """Lock and bump every head in one statement, give the numbers out, write the rows. Returns the new heads."""
    wanted = Counter(change.streams())
    if not wanted:
        return {}
    heads = bump(wanted)
    turn = {name: heads[name] - count for name, count in wanted.items()}

    def following(name: str) -> int:
        turn[name] += 1
        return turn[name]

    fresh: dict[type[Model], list[Any]] = defaultdict(list)
    for name, row in change.added:
        row.seq = row.changed = following(name)
        fresh[type(row)].append(row)
    for model, rows in fresh.items():
        model._default_manager.bulk_create(rows)
    for name, row, fields in change.edited:
        row.changed = following(name)
        row.save(update_fields=[*fields, "changed"])
    return heads


def bump(wanted: dict[str, int]) -> dict[str, int]:
    """Create, lock and raise heads, in the order of their names. Returns `{name: seq}` as they now stand."""
    names = sorted(wanted)
    values = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO parlour_head (name, seq) VALUES {values} "  # noqa: S608  the values are placeholders
            "ON CONFLICT (name) DO UPDATE SET seq = parlour_head.seq + excluded.seq RETURNING name, seq",
            [part for name in names for part in (name, wanted[name])],
        )
        return dict(cursor.fetchall())


def _owe(change: Change) -> None:
    """Write a change into the caller's transaction without numbers, and settle after its commit."""
    debts = [Owed(name=name) for name in set(change.touched)]
    for name, row in change.added:
        row.save(force_insert=True)
        debts.append(Owed(name=name, model=row._meta.label_lower, row=str(row.pk)))
    for name, row, fields in change.edited:
        row.save(update_fields=list(fields))
        debts.append(Owed(name=name, model=row._meta.label_lower, row=str(row.pk)))
    if debts:
        Owed.objects.bulk_create(debts)
        transaction.on_commit(lambda: settle({debt.name for debt in debts}), robust=True)


def settle(names: Iterable[str] | None = None) -> None:
    """Number what is owed to the streams `names`, or to all. Any process may do it at any time."""
    if Owed.objects.exists():
        _retried(lambda: _settled(None if names is None else list(names)))


def _settled(names: Sequence[str] | None) -> None:
    with transaction.atomic():
        owed = Owed.objects.select_for_update(skip_locked=True).order_by("pk")
        debts = list(owed if names is None else owed.filter(name__in=names))
        due = [(debt, row) for debt in debts for row in [_free_row(debt)] if row is not _BUSY]
        if not due:
            return
        heads = bump(Counter(debt.name for debt, _ in due))
        turn = {name: heads[name] - count for name, count in Counter(debt.name for debt, _ in due).items()}
        for debt, row in due:
            turn[debt.name] += 1
            if isinstance(row, Numbered):
                row.changed = turn[debt.name]
                row.seq = row.seq or row.changed
                row.save(update_fields=["seq", "changed"])
        Owed.objects.filter(pk__in=[debt.pk for debt, _ in due]).delete()
    hints.tell(heads)


_BUSY = object()


def _free_row(debt: Owed) -> Any:
    """The row a debt is about; None if there is none (any more); `_BUSY` while another transaction edits it."""
    if not debt.model:
        return None
    rows = apps.get_model(debt.model)._default_manager.filter(pk=debt.row)
    row = rows.select_for_update(skip_locked=True).first()
    return _BUSY if row is None and rows.exists() else row


def heads(names: Iterable[str]) -> dict[str, int]:
    """How far each stream has come; a stream nobody has written to is at 0."""
    known = dict(Head.objects.filter(name__in=list(names)).values_list("name", "seq"))
    return {name: known.get(name, 0) for name in names}
