"""A task that knows nothing of live pages."""

from django.db import models


class Tag(models.Model):
    """A word that tasks are sorted by."""

    name = models.CharField(max_length=20)


class Task(models.Model):
    """Something to do."""

    title = models.CharField(max_length=100)
    place = models.IntegerField(default=0)
    tags = models.ManyToManyField(Tag)

    class Meta:
        ordering = ["place", "pk"]
