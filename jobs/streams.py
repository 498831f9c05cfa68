"""Jobs on pages: the bars in a person's bell, and one job, live, on a page of its own."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.html import format_html

from jobs import tasks
from jobs.models import Job
from parlour import Consumer, Denied, Region, StateStream

SHOWN = 5  # bars of one bell
GAP = 0.25  # seconds between two pushes
QUARTER = 25  # percent, from one announcement to the next
SHORTEST = 1.0  # seconds over which a pace means anything


class Bar:
    """A job as it is drawn: how far and how fast it is, in words that stand still until it moves again."""

    def __init__(self, job: Job) -> None:
        self.job = job
        pace = _pace(job) if job.state == Job.State.RUNNING else 0
        self.amount = intcomma(job.done) if job.done and not job.words else ""
        if job.total:
            self.amount = f"{intcomma(job.done)} of {intcomma(job.total)}"
        self.pace = _pace_text(pace) if pace else ""
        self.left = _left_text((job.total - job.done) / pace) if pace and job.total and job.done < job.total else ""

    @property
    def value(self) -> str:
        """All of it, for somebody who does not see the bar."""
        percent = "" if self.job.percent is None else f"{self.job.percent} %"
        known = self.amount or ("" if percent else self.job.words)
        return ", ".join(filter(None, [percent, known, self.pace, self.left]))


def _pace(job: Job) -> float:
    """How much is done in a second, over this attempt; 0 when it is too early to say."""
    if job.moved is None or job.first_moved is None:
        return 0
    seconds = (job.moved - job.first_moved).total_seconds()
    return max(0, job.done - job.first_done) / seconds if seconds >= SHORTEST else 0


def _pace_text(pace: float) -> str:
    """ "1,200 a second", "12 a minute"; to two figures, for more would flicker and mean nothing."""
    number, unit = (pace, "second") if pace >= 1 else (pace * 60, "minute")
    return f"{intcomma(max(1, round(float(f'{number:.2g}'))))} a {unit}"


def _left_text(seconds: float) -> str:
    """ "about 20 seconds left", at the pace so far."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= 0.9 * size:
            n = round(seconds / size)
            return f"about {n} {unit}{'s' if n > 1 else ''} left"
    return f"about {5 * round(seconds / 5)} seconds left" if seconds >= 5 else "a few seconds left"


class BarsStream(StateStream):
    """What a person waits for, in the bell."""

    template = "partials/jobs.html#bars"
    part = "jobs"
    gap = GAP

    def __init__(self, owner: int, region: Region) -> None:
        super().__init__(Job(owner_id=owner).stream, region)
        self.owner = owner

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        """Every page shows them; who never had a job is spared the query."""
        return super().paint(variant, seq) if seq else {"markup": self.drawn(variant, {})}

    def present(self) -> dict[str, Any]:
        shown, order = Job.objects.filter(owner=self.owner).shown().order_by("queued", "pk"), [*Job.State]
        jobs = sorted(shown, key=lambda job: order.index(job.state))
        going = sum(job.state in (Job.State.RUNNING, Job.State.QUEUED) for job in jobs)
        counts = {"going": going, "stuck": len(jobs) - going, "others": len(jobs[SHOWN:])}
        return {"bars": [Bar(job) for job in jobs[:SHOWN]], **counts}


class JobRegion(Region):
    """One job on a page: its bar, and what its kind shows besides."""

    def __init__(self, job: Job) -> None:
        panel = reverse("parlour_jobs:panel", args=[job.pk])
        super().__init__(f"job-{job.pk}", f"/ws/alerts/jobs/{job.pk}/", panel, "owner")
        self.job = job
        self.address = job.get_absolute_url()
        task = tasks.known.get(job.kind)
        self.streams = [BarStream(job, self), *(task.streams(self) if task else [])]


class BarStream(StateStream):
    """One job. Each quarter that is passed, and that it stalled or was cancelled, is announced to a screen reader.

    A page that reconnects gets only the latest announcement. That a job is done or failed the bell announces.
    """

    template = "partials/jobs.html#job"
    part = "bar"
    gap = GAP

    def __init__(self, job: Job, region: JobRegion) -> None:
        super().__init__(job.stream, region)
        self.pk = job.pk

    def present(self) -> dict[str, Any]:
        job = Job.objects.get(pk=self.pk)
        return {"bar": Bar(job), "announcement": _announcement(job)}

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        words = now["announcement"]
        is_news = words and not (before and words == before["announcement"])
        return self.ids.inner("announce", words) if is_news else ""


def _announcement(job: Job) -> str:
    """What is worth saying of a job now: "Soup: 50 %", "Soup: cancelled"."""
    if job.state in (Job.State.STALLED, Job.State.CANCELLED):
        return format_html("{}: {}", job.title, job.state)
    passed = (job.percent or 0) // QUARTER * QUARTER if job.state == Job.State.RUNNING else 0
    return format_html("{}: {} %", job.title, passed) if 0 < passed < 100 else ""


class JobConsumer(Consumer):
    """A page of one job, for its owner alone. Actions are posted by forms."""

    @classmethod
    def key(cls, pk: int) -> str:  # type: ignore[override]
        return f"job-{pk}"

    @classmethod
    def authorize(cls, person: Any, pk: int) -> JobRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out(reverse("parlour_jobs:job", args=[pk]))
        if job := Job.objects.of(person).filter(pk=pk).first():
            return JobRegion(job)
        raise Denied(4004, format_html('There is no such job. <a href="{}">To the start</a>', "/"))
