"""A ticket that knows nothing of chat rooms."""

from django.conf import settings
from django.db import models
from django.urls import reverse


class Ticket(models.Model):
    """Something to be solved, by several people."""

    title = models.CharField(max_length=100)
    team = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("ticket", args=[self.pk])
