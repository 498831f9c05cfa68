"""An import, how far it has come, and the rows it rejected."""

from django.db import models
from django.urls import reverse


class Import(models.Model):
    """One file of orders, which `job` imports.

    `line` of its `lines` is the last one dealt with: an import that is resumed goes on after it. Each row is one of
    `orders`, `repeated` (ordered before) or `rejected`. `digest` is the SHA-256 of the content.
    """

    job = models.OneToOneField("parlour_jobs.Job", models.CASCADE, primary_key=True, related_name="import_of_orders")
    name = models.CharField(max_length=100)
    file = models.FileField(upload_to="imports")
    digest = models.CharField(max_length=64, default="", db_default="")
    lines = models.PositiveBigIntegerField(default=0)
    line = models.PositiveBigIntegerField(default=0)
    orders = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    rejected_size = models.PositiveBigIntegerField(default=0, db_default=0)
    columns = models.JSONField(default=list, db_default=[])

    class Meta:
        ordering = ["-pk"]

    def get_absolute_url(self) -> str:
        return reverse("shop:import", args=[self.pk])

    @property
    def outcome(self) -> str:
        """ "1,204 orders are in, 3 rows were rejected." """
        words = [f"{self.orders:,} order{' is' if self.orders == 1 else 's are'} in"]
        words += [f"{self.repeated:,} had been there before"] * bool(self.repeated)
        words += [f"{self.rejected:,} row{' was' if self.rejected == 1 else 's were'} rejected"] * bool(self.rejected)
        return f"{', '.join(words)}."


class Reject(models.Model):
    """A row that is no order, and why. `cells` is all that it says, under the import's `columns`."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="rejects", db_index=False)
    line = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=500)
    cells = models.JSONField(default=list)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["imported", "line"], name="shop_reject_told_once")]
