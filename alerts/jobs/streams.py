"""Jobs on pages: the bars in a person's bell, and one job on a page of its own."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from alerts.jobs import pace, tasks
from alerts.jobs.models import Job, head
from parlour.fragments import Region
from parlour.states import State
from parlour.streams import Answer, Ask

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


class BarsStream(State):
    """What a person waits for, in the bell."""

    template = "partials/jobs.html"
    part = "jobs"
    gap = GAP

    def __init__(self, owner: int, region: Region) -> None:
        super().__init__(head(owner), region)
        self.owner = owner

    def present(self) -> dict[str, Any]:
        jobs = list(Job.objects.filter(owner=self.owner).shown())
        return {"bars": [Bar(job) for job in jobs[:SHOWN]], "others": len(jobs[SHOWN:])}


class JobRegion(Region):
    """One job on a page: its bar, and what its kind shows besides."""

    def __init__(self, job: Job) -> None:
        panel = reverse("alerts:job_panel", args=[job.pk])
        super().__init__(f"job-{job.pk}", f"/ws/alerts/jobs/{job.pk}/", panel, "owner")
        self.job = job
        self.address = job.get_absolute_url()
        self.streams = [BarStream(job.stream, self), *tasks.beside(job.kind, self)]


class BarStream(State):
    """One job. A quarter that is passed is announced to those who saw the last answer."""

    region: JobRegion
    template = "partials/job.html"
    part = "bar"
    gap = GAP

    def __init__(self, name: str, region: JobRegion) -> None:
        super().__init__(name, region)
        self.seen: tuple[int, int] | None = None  # at which seq, and how many quarters

    def present(self) -> dict[str, Any]:
        return {"bar": Bar(self._job())}

    def _job(self) -> Job:
        return Job.objects.with_life().get(pk=self.region.job.pk)

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        job = self._job()
        quarters = (pace.percent(job) or 0) // QUARTER
        answer = super().since(asks, seq)
        was = self.seen or (seq, quarters)
        if self.seen is None or seq != was[0]:
            self.seen = (seq, quarters)
        words = format_html("{}: {} %", job.title, quarters * QUARTER) if quarters > was[1] else ""
        news = self.region.inner("announce", words) if words else ""
        return Answer(
            answer.seq,
            {
                ask: markup and markup + (news if ask.cursor == was[0] else "")
                for ask, markup in answer.fragments.items()
            },
        )
