"""A job: work that somebody waits for. The rows are the queue; `jobs.transitions` changes their state."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import models
from django.db.models.functions import Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, pgettext_lazy

from parlour import Change, live_write, revoke

ACTIONS = {
    "cancel": pgettext_lazy("job", "Cancel"),
    "retry": pgettext_lazy("job", "Retry"),
    "dismiss": pgettext_lazy("job", "Dismiss"),
}
SHORTEST = 1.0  # seconds over which a pace means anything


def stream_of(owner: object) -> str:
    """The head that moves when a job of this owner (a primary key) does."""
    return f"jobs.{owner}"


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by state."""

    def shown(self) -> Self:
        """What a bell shows: what runs, waits or stalled, and failures that were not dismissed."""
        return self.exclude(state__in=(Job.State.DONE, Job.State.CANCELLED)).filter(dismissed=False)

    def stalled(self) -> Self:
        """Those that should run, while nobody says any more that they do."""
        return self.filter(state=Job.State.RUNNING, lease__lt=Now())

    def of_run(self, job: "Job") -> Self:
        """The row, as long as it belongs to the run that was given `job`: no other run has begun, and it has no end."""
        return self.filter(pk=job.pk, attempt=job.attempt, state__in=(Job.State.RUNNING, Job.State.STALLED))


class Job(models.Model):
    """Work somebody waits for.

    `done` of `total` is its progress, `words` a text beside it; `total` is None while nobody knows it. `moved` is when
    progress was last reported; `first_done` and `first_moved` are from where and when this attempt began, which gives
    its pace. Who runs it says again and again that it is alive until `lease`; a run whose lease is over has stalled.
    `again` is false where another try cannot help. `language` is that of the page which started it: its code and its
    alerts use it. What is made of numbers is worded in the language of whoever reads it.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("job", "Running")
        QUEUED = "queued", pgettext_lazy("job", "Waiting")
        STALLED = "stalled", pgettext_lazy("job", "Stalled")
        FAILED = "failed", pgettext_lazy("job", "Failed")
        CANCELLED = "cancelled", pgettext_lazy("job", "Cancelled")
        DONE = "done", pgettext_lazy("job", "Done")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="parlour_jobs")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    lease = models.DateTimeField(null=True, blank=True)
    cancelling = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)
    again = models.BooleanField(default=True, db_default=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    words = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=20, default="", db_default="", blank=True)
    queued = models.DateTimeField(default=timezone.now)
    moved = models.DateTimeField(null=True, blank=True)
    first_done = models.PositiveBigIntegerField(default=0)
    first_moved = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "queued"], name="parlour_jobs_queue"),
            models.Index(fields=["owner", "state"], name="parlour_jobs_owner"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.url or reverse("parlour_jobs:job", args=[self.pk])

    @property
    def stream(self) -> str:
        return stream_of(self.owner_id)

    @property
    def percent(self) -> int | None:
        """0 to 100, rounded down; None while nobody knows the total."""
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def amount(self) -> str:
        """ "1,200 of 3,000"; without a total the number alone, where no words tell it."""
        if self.total:
            return gettext("{done} of {total}").format(done=intcomma(self.done), total=intcomma(self.total))
        return intcomma(self.done) if self.done and not self.words else ""

    @property
    def pace(self) -> float:
        """How much is done in a second, over this attempt; 0 when it does not run or when it is too early to say."""
        if self.state != self.State.RUNNING or self.moved is None or self.first_moved is None:
            return 0
        seconds = (self.moved - self.first_moved).total_seconds()
        return max(0, self.done - self.first_done) / seconds if seconds >= SHORTEST else 0

    @property
    def pace_text(self) -> str:
        """ "1,200 a second", "12 a minute"; to two figures, for more would flicker and mean nothing."""
        if not (pace := self.pace):
            return ""
        words, number = (gettext("{n} a second"), pace) if pace >= 1 else (gettext("{n} a minute"), pace * 60)
        return words.format(n=intcomma(max(1, round(float(f"{number:.2g}")))))

    @property
    def left_text(self) -> str:
        """ "about 20 seconds left", at the pace so far."""
        if not self.pace or not self.total or self.done >= self.total:
            return ""
        seconds = (self.total - self.done) / self.pace
        if seconds >= 60:
            now = timezone.now()
            left = timesince(now, now + timedelta(seconds=seconds), depth=1)  # in the words of Django's own languages
            return gettext("about {time} left").format(time=left)
        if seconds >= 5:
            return gettext("about {n} seconds left").format(n=5 * round(seconds / 5))
        return gettext("a few seconds left")

    @property
    def value_text(self) -> str:
        """All of it, for somebody who does not see the bar."""
        percent = "" if self.percent is None else f"{self.percent} %"
        known = self.amount or ("" if percent else self.words)
        return ", ".join(filter(None, [percent, known, self.pace_text, self.left_text]))

    @property
    def actions(self) -> dict[str, Any]:
        """What its owner may do with it now, with the words on the buttons."""
        names = {
            "queued": ("cancel",),
            "running": ("cancel",) * (not self.cancelling),
            "stalled": ("retry",) * self.again + ("cancel",),
            "failed": ("retry",) * self.again + ("dismiss",) * (not self.dismissed),
            "cancelled": ("retry",) * self.again,
        }.get(self.state, ())
        return {name: ACTIONS[name] for name in names}


@receiver(post_delete, sender=Job, dispatch_uid="jobs.deleted")
@live_write
def _deleted(change: Change, instance: Job, **kwargs: Any) -> None:
    """Bells that show the job are told, and pages of it close. Its alerts are deleted by `alerts`."""
    change.touch(instance.stream)
    revoke(instance.owner_id)
