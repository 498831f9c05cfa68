"""What the engine keeps in the database: how far each stream has come, what waits for a number, who holds a lease."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from parlour.conf import conf

EPOCH = "epoch"
STEP = 2**32  # from the place of the last row in an order to the next
BATCH = 500  # rows that get new places at once

if not apps.is_installed("parlour"):
    raise ImproperlyConfigured('Add "parlour" to INSTALLED_APPS, and run manage.py migrate.')


class HeadQuerySet(models.QuerySet["Head"]):
    """Heads, and the epoch among them."""

    def epoch(self) -> int:
        """The number that tells this database from its own backups."""
        head, _ = self.get_or_create(name=EPOCH, defaults={"seq": secrets.randbits(40)})
        return head.seq

    def renew_epoch(self) -> int:
        """Make all cursors handed out so far invalid; pages that hold one get a snapshot."""
        head, _ = self.update_or_create(name=EPOCH, defaults={"seq": secrets.randbits(40)})
        return head.seq


class Head(models.Model):
    """The durable head of a stream: the number of its last committed event. The epoch is kept as a head too."""

    name = models.CharField(max_length=100, primary_key=True)
    seq = models.BigIntegerField(default=0)

    objects = HeadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} at {self.seq}"


def read_heads(names: Iterable[str]) -> dict[str, int]:
    """How far each stream has come; 0 for a stream that nobody has written to."""
    heads = dict.fromkeys(names, 0)
    if heads:  # written out: it is asked for every event and page, and a queryset takes longer than the database
        with connection.cursor() as cursor:
            wanted = ", ".join(["%s"] * len(heads))
            cursor.execute(f"SELECT name, seq FROM parlour_head WHERE name IN ({wanted})", [*heads])  # noqa: S608
            heads.update(cursor.fetchall())
    return heads


def read_heads_for_each(wanted: Sequence[Iterable[str]]) -> list[dict[str, int]]:
    """`read_heads` of each of these, in one query."""
    heads = read_heads({name for names in wanted for name in names})
    return [{name: heads[name] for name in names} for names in wanted]


class PendingEvent(models.Model):
    """A stream that was touched in a caller's transaction, to be numbered after it commits (a transactional outbox)."""

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Numbered(models.Model):
    """Base of rows that travel in a log: `seq` is the row's number in its stream, `changed` that of its last change.

    Only the engine writes them. `changed` is null while a caller's transaction is open, `seq` too if the row is new.
    """

    seq = models.BigIntegerField(null=True, editable=False)
    changed = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def stream(self) -> str:
        """The name of the stream that this row belongs to."""
        raise NotImplementedError(f"{type(self).__name__} has to say which stream its rows belong to")


class OrderedQuerySet(models.QuerySet[Any]):
    """Rows that have an order."""

    def numbers_after(self, after: Any = None, many: int = 1) -> list[int]:
        """So many numbers for `place` after the row with this primary key, at the end (None), or before all (0).

        Where no number is left between two of these rows, all of them get new ones, and no page has to be told. Call it
        while nobody else can place any, such as with what they belong to locked.
        """
        order = list(self.order_by("place", "pk").values_list("pk", "place"))
        at = len(order) if after is None else 0 if after == 0 else [pk for pk, _ in order].index(after) + 1
        before = order[at - 1][1] if at else order[0][1] - 2 * STEP if order else 0
        gap = (order[at][1] - before) // (many + 1) if at < len(order) else STEP
        if gap:
            return [before + gap * n for n in range(1, many + 1)]
        rows = [self.model(pk=pk, place=n * STEP) for n, (pk, _) in enumerate(order)]
        self.bulk_update(rows, ["place"], batch_size=BATCH)
        return self.numbers_after(after, many)


class Ordered(Numbered):
    """Base of rows in an order of their own, which an `OrderedStream` shows: by `place`, then by primary key.

    `seq` is the number of a row's last placing. An app sets `place`, and moves rows by `change.move`.
    """

    place = models.BigIntegerField(editable=False)
    moved = models.BooleanField(default=False, editable=False)  # pages may show it where it stood before

    objects = OrderedQuerySet.as_manager()

    class Meta:
        abstract = True


class LeaseQuerySet(models.QuerySet["Lease"]):
    """Leases are taken, renewed and given up by process, many at a time."""

    def living(self, *names: str) -> "LeaseQuerySet":
        """Those of these names that hold now. A holder may have several, one for each process."""
        return self.filter(name__in=names, expires__gt=Now())

    def expired(self) -> "LeaseQuerySet":
        """Those that hold no longer, whatever their names are."""
        return self.filter(expires__lte=Now())

    def take(self, process: str, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Hold these (name, holder) from now on, in the open transaction; a pair that is held already is renewed.

        Returns those that no other process holds. What another one is about to give up counts as not held: it is
        locked, or it will be given up after this, which tells everybody.
        """
        names, holders = {name for name, _ in pairs}, {holder for _, holder in pairs}
        elsewhere = self.living(*names).filter(holder__in=holders).exclude(process=process)
        held = {*elsewhere.select_for_update(skip_locked=True).values_list("name", "holder")}
        self._write(process, sorted(pairs))
        return {*pairs} - held

    def _write(self, process: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Written out: `bulk_create` works out the end of each lease by itself, which took a tenth of a connect."""
        end, values = self.query.get_compiler(connection=connection).compile(
            _lease_end().resolve_expression(self.query)
        )
        for at in range(0, len(pairs), BATCH):
            some = pairs[at : at + BATCH]
            rows = ", ".join(["(%s, %s)"] * len(some))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH held (name, holder) AS (VALUES {rows}) "  # noqa: S608
                    "INSERT INTO parlour_lease (name, holder, process, expires) "
                    f"SELECT name, holder, %s, {end} FROM held WHERE true "
                    "ON CONFLICT (name, holder, process) DO UPDATE SET expires = excluded.expires",
                    [*(part for pair in some for part in pair), process, *values],
                )

    def is_first(self, name: str, holder: str, kept: timedelta) -> bool:
        """Hold this for as long as it is `kept`, in the open transaction. False: it is held already."""
        lease = {"name": name, "holder": holder, "process": ""}
        return self.get_or_create(**lease, defaults={"expires": Now() + kept})[1]

    def give_up(self, process: str, pairs: Collection[tuple[str, str]]) -> None:
        """Hold these (name, holder) no longer."""
        holders = defaultdict(list)
        for name, holder in sorted(pairs):
            holders[name].append(holder)
        for name, those in holders.items():
            self.filter(name=name, holder__in=those, process=process).delete()

    def renew(self, process: str, held: Collection[tuple[str, str]]) -> bool:
        """Renew all leases of a process. False: some expired and were swept while the process was frozen."""
        return not held or self.filter(process=process).update(expires=_lease_end()) >= len(held)


def _lease_end() -> CombinedExpression:
    return Now() + timedelta(seconds=conf.LEASE)


class Lease(models.Model):
    """`holder` has `name` until `expires`, as far as `process` knows. Presence, running jobs, what was sent.

    Leases go by the database's clock, so that a machine whose own clock is wrong ends nobody's.
    """

    name = models.CharField(max_length=100)
    holder = models.CharField(max_length=100)
    process = models.CharField(max_length=40, db_index=True)
    expires = models.DateTimeField(db_index=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "holder", "process"], name="parlour_one_lease_each")]

    def __str__(self) -> str:
        return f"{self.holder} in {self.name} until {self.expires:%H:%M:%S}"
