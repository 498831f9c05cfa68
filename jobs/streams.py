"""Jobs on pages: the bars in a person's bell, and one job, live, on a page of its own."""

from functools import cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from jobs import tasks
from jobs.models import Job, stream_of
from parlour import Consumer, Denied, Region, StateStream

SHOWN = 5  # bars of one bell
GAP = 0.25  # seconds between two pushes
QUARTER = 25  # percent, from one announcement to the next


class BarsStream(StateStream):
    """What a person waits for, in the bell."""

    template = "parlour_jobs/bar.html#bars"
    part = "jobs"
    gap = GAP

    def __init__(self, owner: int, region: Region) -> None:
        super().__init__(stream_of(owner), region)
        self.owner = owner

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        """Every page shows them; who never had a job is spared the query."""
        return super().paint(variant, seq) if seq else {"markup": _without_jobs()}

    def present(self) -> dict[str, Any]:
        shown, order = Job.objects.filter(owner=self.owner).shown().order_by("queued", "pk"), [*Job.State]
        jobs = sorted(shown, key=lambda job: order.index(job.state))
        going = sum(job.state in (Job.State.RUNNING, Job.State.QUEUED) for job in jobs)
        counts = {"going": going, "stuck": len(jobs) - going, "others": len(jobs[SHOWN:])}
        return {"jobs": jobs[:SHOWN], **counts}


@cache
def _without_jobs() -> SafeString:
    return render_to_string(BarsStream.template)


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

    template = "parlour_jobs/bar.html#job"
    part = "bar"
    gap = GAP

    def __init__(self, job: Job, region: JobRegion) -> None:
        super().__init__(job.stream, region)
        self.pk = job.pk

    def present(self) -> dict[str, Any]:
        job = Job.objects.get(pk=self.pk)
        passed = (job.percent or 0) // QUARTER * QUARTER if job.state == Job.State.RUNNING else 0
        return {"job": job, "news": (job.state, passed)}

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        job, (state, passed) = now["job"], now["news"]
        is_news = state in (Job.State.STALLED, Job.State.CANCELLED) or 0 < passed < 100
        if not is_news or (before and before["news"] == now["news"]):
            return ""
        words = f"{passed} %" if passed else job.get_state_display().lower()
        return self.ids.inner("announce", format_html("{}: {}", job.title, words))


class JobConsumer(Consumer):
    """A page of one job, for its owner alone. Actions are posted by forms."""

    @classmethod
    def key(cls, pk: int) -> str:  # type: ignore[override]
        return f"job-{pk}"

    @classmethod
    def authorize(cls, person: Any, pk: int) -> JobRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out(reverse("parlour_jobs:job", args=[pk]))
        if job := Job.objects.filter(owner=person, pk=pk).first():
            return JobRegion(job)
        words = format_html('{} <a href="{}">{}</a>', gettext("There is no such job."), "/", gettext("To the start"))
        raise Denied(4004, words)
