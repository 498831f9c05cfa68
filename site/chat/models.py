"""An import of conversations from elsewhere, how far it has come, and what it rejected."""

from django.db import models
from django.urls import reverse


class Import(models.Model):
    """An export of another program, which `job` imports.

    `read` counts the messages dealt with: an import that is resumed goes on after them. `rooms` are the primary keys of
    the rooms it brought, by what they are called in the export; `rejects` are [where, why].
    """

    job = models.OneToOneField("parlour_jobs.Job", models.CASCADE, primary_key=True, related_name="import_of_rooms")
    name = models.CharField(max_length=100)
    file = models.FileField(upload_to="imports")
    read = models.PositiveBigIntegerField(default=0)
    stored = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    rooms = models.JSONField(default=dict)
    rejects = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("chat:import", args=[self.pk])
