"""Writing: a function collects what it changes; the engine numbers it, commits it and tells the pages.

Numbers are given in the order of commits and without holes: one statement creates, locks and raises all heads. Inside
a caller's transaction nothing is numbered, so that a slow caller holds nobody's head: a row with `changed` null, and a
`PendingEvent` for a stream without a row, wait for the commit. If the process dies first, any process's tick does it.
"""

import functools
import inspect
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.db.models import Model

from parlour import bus
from parlour.database import insert
from parlour.models import Numbered, Ordered, PendingEvent

log = logging.getLogger("parlour")
T = TypeVar("T")
BATCH = 500  # rows numbered in one transaction
counts: Counter[str] = Counter()  # deadlocks that were retried; tests want none


class Change:
    """What one write collects: rows to add, rows to edit, streams to touch."""

    def __init__(self) -> None:
        self.added: list[Numbered] = []
        self.edited: list[tuple[Numbered, tuple[str, ...]]] = []
        self.touched: list[str] = []
        self.before: list[Callable[[], object]] = []
        self.after: list[Callable[[], object]] = []

    def add(self, row: Numbered) -> None:
        """Insert `row` as the next event of its stream."""
        self.added.append(row)

    def edit(self, row: Numbered, *fields: str) -> None:
        """Save `fields` of an existing row, which the function has locked (`select_for_update`) before it read it."""
        self.edited.append((row, fields))

    def move(self, row: Ordered, *fields: str) -> None:
        """Save a row that stands elsewhere now, or is shown again, and more `fields` of it; see `edit`."""
        row.seq, row.moved = None, True
        self.edit(row, *fields, "place", "moved", "seq")

    def touch(self, *streams: str) -> None:
        """Say that these streams would answer differently now, though no row of theirs changed."""
        self.touched.extend(streams)

    def when_numbered(self, work: Callable[[], object]) -> None:
        """Do `work` before the added rows are inserted: nobody else adds to their streams from then to the commit.

        Inside a caller's transaction others do, for there the rows are numbered after its commit.
        """
        self.before.append(work)

    def then(self, work: Callable[[], object]) -> None:
        """Do `work` in the same transaction once the added rows have their primary keys.

        Streams that it touches are told of after the commit, in one of their own.
        """
        self.after.append(work)


_collecting: ContextVar[Change | None] = ContextVar("change", default=None)  # of the live write whose body runs


def live_write(body: Callable[..., T]) -> Callable[..., T]:
    """Decorate `body(change, …)`, which collects into `change`; what it collected is then written and committed.

    The decorated function is called without `change`. Inside a caller's transaction the rows are written at once and
    numbered after its commit. Streams that are touched inside a transaction of another database are told after that
    commit too, and of a rollback nothing is told. A deadlock is retried once, so `body` may run twice.
    """
    if next(iter(inspect.signature(body).parameters), "") != "change":
        raise TypeError(f"{body.__name__} has to take the change first: def {body.__name__}(change, …).")

    @functools.wraps(body)
    def write(*args: Any, **kwargs: Any) -> T:
        if connection.in_atomic_block:
            change = Change()
            result = body(change, *args, **kwargs)
            _after_other_commits(change.touched)
            _write_unnumbered(change)
            _do(change.after)
            return result
        return _retried(lambda: _commit(lambda change: body(change, *args, **kwargs)))

    return write


def _commit(body: Callable[[Change], T]) -> T:
    change = Change()
    with transaction.atomic():
        collecting = _collecting.set(change)
        try:
            result = body(change)
        finally:
            _collecting.reset(collecting)
        if _after_other_commits(change.touched):
            change.touched.clear()
        raised = _write_numbered(change)
        _do(change.after)
    bus.publish(raised)
    return result


def _do(works: Iterable[Callable[[], object]]) -> None:
    for work in works:
        work()


def _write_numbered(change: Change) -> dict[str, int]:
    """Raise every head in one statement, number the rows, write them. Returns the raised heads."""
    edited = [row for row, _ in change.edited]
    raised, numbers = take_numbers([row.stream for row in change.added + edited] + change.touched)
    new: dict[type[Model], list[Any]] = defaultdict(list)
    for row in change.added:
        row.seq = row.changed = next(numbers)
        new[type(row)].append(row)
    _do(change.before)
    for model, rows in new.items():
        insert(model, rows)
    for row, fields in change.edited:
        row.changed = next(numbers)
        row.seq = row.seq or row.changed  # it was moved, or added in a transaction whose rows still wait for a number
        row.save(update_fields={*fields, "seq", "changed"})
    return raised


def _write_unnumbered(change: Change) -> None:
    _do(change.before)
    for row in change.added:
        row.seq = row.changed = None
        row.save(force_insert=True)
    for row, fields in change.edited:
        row.changed = None
        row.save(update_fields={*fields, "changed"})
    if change.added or change.edited or change.touched:
        hook = _pending_hook()
        new = set(change.touched) - hook.streams
        PendingEvent.objects.bulk_create([PendingEvent(name=name) for name in new])
        hook.streams |= new


class _PendingHook:
    """Numbers after the commit what a transaction left. A thousand saves in it share one, and one event a stream."""

    def __init__(self) -> None:
        self.streams: set[str] = set()  # that have a pending event
        self.done = False
        self.__qualname__ = "number_pending"  # Django names it when it fails

    def __call__(self) -> None:
        self.done = True
        number_pending()


def _pending_hook() -> _PendingHook:
    """The hook of the open transaction, or of its savepoint: what that rolls back, the hook goes with."""
    for savepoints, hook, *_ in reversed(connection.run_on_commit[-5:]):
        if isinstance(hook, _PendingHook) and not hook.done and savepoints == set(connection.savepoint_ids):
            return hook
    hook = _PendingHook()
    transaction.on_commit(hook, robust=True)
    return hook


def touch(*streams: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Say that these streams answer differently once the open transaction on the database `using` is committed."""
    if using != DEFAULT_DB_ALIAS and connections[using].in_atomic_block:
        transaction.on_commit(lambda: touch(*streams), using=using, robust=True)
    elif change := _collecting.get():
        change.touch(*streams)
    elif connection.in_atomic_block:
        change = Change()
        change.touch(*streams)
        _write_unnumbered(change)
    else:
        raised, _ = _retried(lambda: transaction.atomic(take_numbers)(streams))
        bus.publish(raised)


def _after_other_commits(streams: Sequence[str]) -> bool:
    """Have these touched when the open transactions of other databases are committed; False if there are none."""
    open_ones = [each.alias for each in connections.all(initialized_only=True) if each.in_atomic_block]
    others = [alias for alias in open_ones if alias != DEFAULT_DB_ALIAS]
    for alias in others:
        if streams:
            touch(*streams, using=alias)
    return bool(others)


def take_numbers(streams: Sequence[str]) -> tuple[dict[str, int], Iterator[int]]:
    """The raised heads, locked until the commit, and a number for each of `streams` in their order."""
    wanted = Counter(streams)
    names = sorted(wanted)
    if not names:
        return {}, iter(())
    values = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO parlour_head (name, seq) VALUES {values} "  # noqa: S608  the values are placeholders
            "ON CONFLICT (name) DO UPDATE SET seq = parlour_head.seq + excluded.seq RETURNING name, seq",
            [part for name in names for part in (name, wanted[name])],
        )
        raised = dict(cursor.fetchall())
    numbers = {name: iter(range(raised[name] - wanted[name] + 1, raised[name] + 1)) for name in names}
    return raised, (next(numbers[name]) for name in streams)


def number_pending() -> None:
    """Number what was written inside callers' transactions. Any process may do it at any time."""
    if PendingEvent.objects.exists() or any(_unnumbered(model).exists() for model in _numbered_models()):
        while _retried(_number_batch):
            pass


def _number_batch() -> bool:
    """Number one batch. Returns whether it was full; rows that another transaction holds are left for later."""
    with transaction.atomic():
        change = Change()
        for model in _numbered_models():
            change.edited += [(row, ()) for row in _locked(_unnumbered(model).order_by("pk"))]
        events = _locked(PendingEvent.objects.order_by("pk"))
        change.touch(*(event.name for event in events))
        raised = _write_numbered(change)
        PendingEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    bus.publish(raised)
    return len(change.edited) >= BATCH or len(events) >= BATCH


def _locked(rows: Any) -> list[Any]:
    return list(rows.select_for_update(skip_locked=True)[:BATCH])


def _unnumbered(model: type[Numbered]) -> Any:
    return model._default_manager.filter(changed__isnull=True)


@functools.cache
def _numbered_models() -> tuple[type[Numbered], ...]:
    return tuple(model for model in apps.get_models() if issubclass(model, Numbered))


def _retried(attempt: Callable[[], T]) -> T:
    """Do `attempt`, and once more if another transaction was in its way."""
    try:
        return attempt()
    except OperationalError as error:
        if "deadlock" not in str(error):
            raise
        counts["deadlocks"] += 1
        log.warning("a deadlock was retried", exc_info=error)
        return attempt()


def rights(person: object) -> str:
    """The head that moves when the rights of the person with this primary key may have changed."""
    return f"rights.{person}"


@live_write
def revoke(change: Change, *people: object) -> None:
    """Have the pages of these people, or primary keys, authorized anew, in all processes, within two seconds.

    Call it after whatever took the right away: a sign-out, a ban, a removal, a changed password.
    """
    change.touch(*(rights(getattr(each, "pk", each)) for each in people))
