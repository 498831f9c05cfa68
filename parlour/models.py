"""What the engine keeps in the database: how far each stream has come, what is owed a number, who is alive."""

import secrets

from django.db import models

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


class Owed(models.Model):
    """A number that is owed to a row written inside somebody else's transaction.

    `model` is a label such as `rooms.message` and `row` its primary key; both are empty when the stream
    is only touched. Paid right after that transaction, or by any process's tick if its own died first.
    """

    name = models.CharField(max_length=100)
    model = models.CharField(max_length=100, blank=True)
    row = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "owed"

    def __str__(self) -> str:
        return f"{self.model} {self.row} in {self.name}"


class Lease(models.Model):
    """`holder` has `name` until `expires`, as far as `process` knows. One table for all that must be known to live."""

    name = models.CharField(max_length=100)
    holder = models.CharField(max_length=100)
    process = models.CharField(max_length=40, db_index=True)
    expires = models.DateTimeField(db_index=True)

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
