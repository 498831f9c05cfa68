"""Jobs on pages: the bars in a person's bell, and one job, live, on a page of its own."""

from collections.abc import Iterable
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.html import format_html

from alerts.models import Preference
from jobs import progress_text, tasks
from jobs.models import Job, head
from parlour import Consumer, Denied, Region, StateStream

SHOWN = 5  # bars of one bell
GAP = 0.25  # seconds between two pushes
QUARTER = 25  # percent, from one announcement to the next


class Bar:
    """A job as it is drawn."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.percent = progress_text.percent(job)
        self.value = progress_text.summary(job)
        self.amount = progress_text.amount(job)
        running = job.status == "running"
        self.speed = progress_text.speed(job) if running else ""
        self.left = progress_text.left(job) if running else ""


class BarsStream(StateStream):
    """What a person waits for, in the bell."""

    template = "partials/jobs.html#bars"
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
    going = [job.status in ("running", "queued") for job in jobs]
    n, stuck = going.count(True), going.count(False)
    words = [f"{n} {'job is' if n == 1 else 'jobs are'} running or waiting"] * bool(n)
    return ", ".join(words + [f"{stuck} stalled or failed"] * bool(stuck))


class JobRegion(Region):
    """One job on a page: its bar, and what its kind shows besides."""

    def __init__(self, job: Job) -> None:
        panel = reverse("jobs:panel", args=[job.pk])
        super().__init__(f"job-{job.pk}", f"{get_script_prefix()}ws/alerts/jobs/{job.pk}/", panel, "owner")
        self.job = job
        self.address = job.get_absolute_url()
        task = tasks.known.get(job.kind)
        self.streams = [BarStream(job, self), *(task.streams(self) if task else [])]


class BarStream(StateStream):
    """One job. Each quarter that is passed, and what becomes of it, is announced once to a screen reader.

    A page that reconnects gets only the latest announcement. That a job is done or failed the bell may announce.
    """

    template = "partials/jobs.html#job"
    part = "bar"
    gap = GAP

    def __init__(self, job: Job, region: JobRegion) -> None:
        super().__init__(job.stream, region)
        self.pk = job.pk

    def present(self) -> dict[str, Any]:
        job = Job.objects.with_alive().get(pk=self.pk)
        return {"bar": Bar(job), "announcement": _announcement(job)}

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        words = now["announcement"]
        told = before and (words == before["announcement"] or _bell_announces(now["bar"].job))
        return self.ids.inner("announce", words) if words and not told else ""


def _announcement(job: Job) -> str:
    """What is worth saying of a job now: "Soup: 50 %", "Soup: cancelled"."""
    if job.status in ("queued", "running"):
        passed = (progress_text.percent(job) or 0) // QUARTER * QUARTER
        return format_html("{}: {} %", job.title, passed) if 0 < passed < 100 and job.status == "running" else ""
    return format_html("{}: {}", job.title, job.status)


def _bell_announces(job: Job) -> bool:
    others = Preference.objects.filter(person=job.owner_id, kind=job.kind).exclude(level=Preference.Level.TOAST)
    return job.state in (Job.State.DONE, Job.State.FAILED) and not others.exists()


class JobConsumer(Consumer):
    """A page of one job, for its owner alone. Actions are posted by forms."""

    @classmethod
    def key(cls, pk: int) -> str:  # type: ignore[override]
        return f"job-{pk}"

    @classmethod
    def authorize(cls, person: Any, pk: int) -> JobRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out(reverse("jobs:job", args=[pk]))
        if job := Job.objects.of(person).filter(pk=pk).first():
            return JobRegion(job)
        raise Denied(4004, format_html('There is no such job. <a href="{}">To the start</a>', "/"))
