"""An import, how far it has come, and the rows it could not take."""

from pathlib import Path
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from jobs.models import Job


def shelf() -> Path:
    """Where the files lie that are being imported, or may be again; shared by all processes."""
    folder = Path(settings.UPLOADS) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def head(pk: object) -> str:
    """Head of the rejected rows of one import."""
    return f"shop.import.{pk}"


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports, by whose they are."""

    def of(self, person: Any) -> Self:
        """This person's imports."""
        return self.filter(job__owner=person.pk).select_related("job__owner")

    def once_more(self, digest: str) -> Self:
        """Of which a file with this content would bring the orders once more: they have no references."""
        row = Concat(Value("import:"), Cast(OuterRef("pk"), models.CharField()), Value(":"))
        loose = apps.get_model("shop", "Order").objects.filter(imported=OuterRef("pk"), slip__startswith=row)
        return self.filter(models.Exists(loose), digest=digest, orders__gt=0)

    def waiting(self) -> Self:
        """What is not over."""
        return self.filter(job__state__in=(Job.State.QUEUED, Job.State.RUNNING))

    def before(self, job: Job) -> Self:
        """What is taken before this job, of the same owner's: what runs, and what waits longer."""
        runs = models.Q(state=Job.State.RUNNING, alive=True)
        longer = models.Q(state=Job.State.QUEUED, queued__lt=job.queued)
        ahead = Job.objects.filter(owner=job.owner_id).with_life().filter(runs | longer)
        return self.filter(job__in=ahead.values("pk")).select_related("job").order_by("job__queued")


class Import(models.Model):
    """One file of orders. `job` carries it; `cursor` (bytes) and `line` are where its next row begins.

    Of `total` rows each that was dealt with counts as one of `orders`, `repeated` (was there before) or `rejected`.
    `digest` is the SHA-256 of its content.
    """

    job = models.OneToOneField("jobs.Job", models.CASCADE, primary_key=True, related_name="import_of_orders")
    name = models.CharField(max_length=100)
    file = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, default="", db_default="")
    columns = models.JSONField(default=list)
    total = models.PositiveBigIntegerField(default=0)
    cursor = models.PositiveBigIntegerField(default=0)
    line = models.PositiveBigIntegerField(default=0)
    orders = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        app_label = "shop"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:import", args=[self.pk])

    @property
    def path(self) -> Path:
        return shelf() / self.file

    @property
    def rows(self) -> int:
        return self.orders + self.repeated + self.rejected


class Reject(models.Model):
    """A row that is no order, and why."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rejects", db_index=False)
    line = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=500)
    cells = models.JSONField(default=list)

    class Meta:
        app_label = "shop"
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["imported", "line"], name="shop_reject_told_once")]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}"
