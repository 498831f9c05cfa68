"""The processes of the site as they report themselves."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now

EVERY = 5.0  # seconds between two reports
DEAD_AFTER = timedelta(seconds=20)  # without one


def may_operate(person: Any) -> bool:
    """Whether this person sees the status page and is told of problems: staff with the permission."""
    return person.is_staff and person.has_perm("monitoring.operate")


class ProcessManager(models.Manager["Process"]):
    """Processes with their `age`, the time since their last report. Only the database's clock is the same for all."""

    def get_queryset(self) -> models.QuerySet["Process"]:
        age = models.ExpressionWrapper(Now() - models.F("seen"), models.DurationField())
        return super().get_queryset().annotate(age=age)


class Process(models.Model):
    """A web process or a worker. It writes its row every few seconds, and `ended` when it stops or was dismissed.

    One that is started again has the same `name`. `counts` are of the last interval, as `reporter.Meter` gives them;
    `minutes` are `[minute since 1970, sockets, frames, slowest fan-out in seconds, lost hints]`, of an hour.
    """

    name = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    server = models.CharField(max_length=20, blank=True)
    version = models.CharField(max_length=60, blank=True)
    started = models.DateTimeField()
    seen = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True, db_index=True)
    counts = models.JSONField(default=dict)
    minutes = models.JSONField(default=list)

    objects = ProcessManager()

    class Meta:
        permissions = [("operate", "Can see the status of the site, is told of its problems, cancels and retries jobs")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """ "running", "draining", "dead" or "stopped"."""
        if self.ended:
            return "stopped"
        if self.age > DEAD_AFTER:  # type: ignore[attr-defined]  # of the manager
            return "dead"
        return "draining" if self.counts.get("draining") else "running"
