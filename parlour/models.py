"""What the engine keeps in the database: how far each stream has come, what is owed a number, who is alive."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from parlour.conf import conf

EPOCH = "epoch"


class HeadQuerySet(models.QuerySet["Head"]):
    """Heads, and the epoch among them."""

    def epoch(self) -> int:
        """The number that tells this database from its own backups."""
        head, _ = self.get_or_create(name=EPOCH, defaults={"seq": secrets.randbits(40)})
        return head.seq

    def renew_epoch(self) -> int:
        """Make every cursor handed out before now worthless; pages answer with a snapshot."""
        head, _ = self.update_or_create(name=EPOCH, defaults={"seq": secrets.randbits(40)})
        return head.seq


class Head(models.Model):
    """The durable head of a stream: the number of its last committed event. The epoch is a head too."""

    name = models.CharField(max_length=100, primary_key=True)
    seq = models.BigIntegerField(default=0)

    objects = HeadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} at {self.seq}"


class PendingEvent(models.Model):
    """A number that is owed to a row written inside somebody else's transaction.

    `model` is a label such as `rooms.message` and `row` its primary key; both are empty when the stream
    is only touched. Paid right after that transaction, or by any process's tick if its own died first.
    """

    name = models.CharField(max_length=100)
    model = models.CharField(max_length=100, blank=True)
    row = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.model} {self.row} in {self.name}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    """Leases are taken, renewed and given up by process, many at a time."""

    def living(self, *names: str) -> "LeaseQuerySet":
        """Those of these names that hold now. A holder may have several, one a process."""
        return self.filter(name__in=names, expires__gt=timezone.now())

    def take(self, process: str, pairs: Collection[tuple[str, str]]) -> None:
        """Hold these (name, holder) from now on, in the open transaction; a pair that is held already is renewed."""
        until = _lease_end()
        self.bulk_create(
            [self.model(name=name, holder=holder, process=process, expires=until) for name, holder in sorted(pairs)],
            update_conflicts=True,
            unique_fields=["name", "holder", "process"],
            update_fields=["expires"],
        )

    def give_up(self, process: str, pairs: Collection[tuple[str, str]]) -> None:
        """Hold these (name, holder) no longer."""
        for name, holder in pairs:
            self.filter(name=name, holder=holder, process=process).delete()

    def renew(self, process: str, held: Collection[tuple[str, str]]) -> bool:
        """Renew all leases of a process. False: some expired and were swept while the process was frozen."""
        return not held or self.filter(process=process).update(expires=_lease_end()) >= len(held)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=conf.LEASE)


class Lease(models.Model):
    """`holder` has `name` until `expires`, as far as `process` knows. One table for all that must be known to live."""

    name = models.CharField(max_length=100)
    holder = models.CharField(max_length=100)
    process = models.CharField(max_length=40, db_index=True)
    expires = models.DateTimeField(db_index=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "holder", "process"], name="parlour_one_lease_each")]

    def __str__(self) -> str:
        return f"{self.holder} in {self.name} until {self.expires:%H:%M:%S}"


class Numbered(models.Model):
    """A row that travels: `seq` says when it was made in its stream, `changed` when it last changed there.

    Both are written by the engine alone and are null only while a caller's transaction is still open.
    """

    seq = models.BigIntegerField(null=True, editable=False)
    changed = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True
