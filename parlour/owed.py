"""Numbers that are owed to what was written inside somebody else's transaction.

The rows are there and pages do not see them. They are numbered right after that transaction commits; if its
process died first, any process's tick does it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.db import transaction

from parlour import heads, hints
from parlour.models import Numbered, PendingEvent
from parlour.retrying import retried


def owe(added: Any, edited: Any, touched: Iterable[str]) -> None:
    """Write a change into the caller's transaction without numbers, and settle after its commit."""
    debts = [PendingEvent(name=name) for name in set(touched)]
    for name, row in added:
        row.save(force_insert=True)
        debts.append(_debt(name, row))
    for name, row, fields in edited:
        row.save(update_fields=list(fields))
        debts.append(_debt(name, row))
    if debts:
        PendingEvent.objects.bulk_create(debts)
        transaction.on_commit(lambda: settle({debt.name for debt in debts}), robust=True)


def _debt(name: str, row: Numbered) -> PendingEvent:
    return PendingEvent(name=name, model=row._meta.label_lower, row=str(row.pk))


def settle(names: Iterable[str] | None = None) -> None:
    """Number what is owed to the streams `names`, or to all. Any process may do it at any time."""
    if PendingEvent.objects.exists():
        retried(lambda: _settled(None if names is None else list(names)))


def _settled(names: Sequence[str] | None) -> None:
    with transaction.atomic():
        owed = PendingEvent.objects.select_for_update(skip_locked=True).order_by("pk")
        debts = list(owed if names is None else owed.filter(name__in=names))
        rows = {(debt.model, debt.row): _free_row(debt) for debt in debts}  # one instance, however many debts
        due = [(debt, rows[debt.model, debt.row]) for debt in debts if rows[debt.model, debt.row] is not _BUSY]
        if not due:
            return
        raised, numbers = heads.take([debt.name for debt, _ in due])
        for (_, row), number in zip(due, numbers, strict=True):
            if isinstance(row, Numbered):
                row.changed = number
                row.seq = row.seq or row.changed
                row.save(update_fields=["seq", "changed"])
        PendingEvent.objects.filter(pk__in=[debt.pk for debt, _ in due]).delete()
    hints.tell(raised)


_BUSY = object()


def _free_row(debt: PendingEvent) -> Any:
    """The row a debt is about; None if there is none (any more); `_BUSY` while another transaction edits it."""
    try:
        rows = apps.get_model(debt.model)._default_manager.filter(pk=debt.row)
    except (LookupError, ValueError):  # only touched, or its model is gone
        return None
    row = rows.select_for_update(skip_locked=True).first()
    return _BUSY if row is None and rows.exists() else row
