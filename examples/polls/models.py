"""A poll that knows nothing of live pages."""

from django.db import models


class Poll(models.Model):
    """A question that people vote for."""

    question = models.CharField(max_length=100)
    votes = models.IntegerField(default=0)

    def vote(self) -> None:
        """Count one more vote."""
        Poll.objects.filter(pk=self.pk).update(votes=models.F("votes") + 1)
