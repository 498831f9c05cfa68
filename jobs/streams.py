"""Jobs on pages: the bars in a person's bell, and one job on a page of its own."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from alerts.models import Preference
from jobs import pace, tasks
from jobs.models import Job, head
from parlour import Region, StateStream

SHOWN = 5  # bars of one bell
GAP = 0.25  # seconds between two pushes
QUARTER = 25  # percent, from one announcement to the next


class Bar:
    """A job as it is drawn."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.percent = pace.percent(job)
        self.value = pace.words(job)
        running = job.stands == "running"
        self.amount = pace.amount(job)
        self.speed = pace.speed(job) if running else ""
        self.left = pace.left(job) if running else ""


class BarsStream(StateStream):
    """What a person waits for, in the bell."""

    template = "partials/jobs.html"
    part = "jobs"
    gap = GAP

    def __init__(self, owner: int, region: Region) -> None:
        super().__init__(head(owner), region)
        self.owner = owner

    def present(self) -> dict[str, Any]:
        jobs = list(Job.objects.filter(owner=self.owner).shown())
        return {"bars": [Bar(job) for job in jobs[:SHOWN]], "others": len(jobs[SHOWN:]), "busy": _busy(jobs)}


def _busy(jobs: Iterable[Job]) -> str:
    """ "2 jobs are running or waiting, 1 stalled or failed": what the stroke under a closed bell says to the eye."""
    going = [job.stands in ("running", "queued") for job in jobs]
    n, stuck = going.count(True), going.count(False)
    words = [f"{n} {'job is' if n == 1 else 'jobs are'} running or waiting"] * bool(n)
    return ", ".join(words + [f"{stuck} stalled or failed"] * bool(stuck))


class JobRegion(Region):
    """One job on a page: its bar, and what its kind shows besides."""

    def __init__(self, job: Job) -> None:
        panel = reverse("jobs:panel", args=[job.pk])
        super().__init__(f"job-{job.pk}", f"/ws/alerts/jobs/{job.pk}/", panel, "owner")
        self.job = job
        self.address = job.get_absolute_url()
        self.streams = [BarStream(job.stream, self), *tasks.beside(job.kind, self)]


class BarStream(StateStream):
    """One job. A quarter that is passed, and what becomes of it, is said once to those who see it happen.

    To a page that was away the newest is said. That it is done or failed the bell says, to whom it may.
    """

    template = "partials/job.html"
    part = "bar"
    gap = GAP

    def __init__(self, name: str, region: JobRegion) -> None:
        super().__init__(name, region)
        self.job = region.job.pk

    def present(self) -> dict[str, Any]:
        job = Job.objects.with_life().get(pk=self.job)
        return {"bar": Bar(job), "news": _news(job)}

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        if before is None:
            return self._announced(now["news"])
        return self._announced("" if now["news"] == before["news"] or _told_by_bell(now["bar"].job) else now["news"])

    def _announced(self, words: str) -> str:
        return self.region.inner("announce", words) if words else ""


def _news(job: Job) -> str:
    """What is worth saying of a job as it stands: "Soup: 50 %", "Soup: cancelled"."""
    stands = job.stands
    if stands in ("queued", "running"):
        passed = (pace.percent(job) or 0) // QUARTER * QUARTER
        return format_html("{}: {} %", job.title, passed) if 0 < passed < 100 and stands == "running" else ""
    return format_html("{}: {}", job.title, stands)


def _told_by_bell(job: Job) -> bool:
    ends = job.state in (Job.State.DONE, Job.State.FAILED)
    others = Preference.objects.filter(person=job.owner_id, kind=job.kind).exclude(level=Preference.Level.TOAST)
    return ends and not others.exists()
