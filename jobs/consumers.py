"""The live side of one job: its owner's alone. What is wished is wished by forms."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from jobs.models import Job
from jobs.streams import JobRegion
from parlour import Consumer, Denied


class JobConsumer(Consumer):
    """A page of one job."""

    @classmethod
    def key(cls, pk: int) -> str:  # type: ignore[override]
        return f"job-{pk}"

    @classmethod
    def authorize(cls, person: Any, pk: int) -> JobRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out(reverse("jobs:job", args=[pk]))
        job = Job.objects.of(person).filter(pk=pk).first()
        if job is None:
            raise Denied(4004, format_html('There is no such job. <a href="{}">To the start</a>', "/"))
        return JobRegion(job)
