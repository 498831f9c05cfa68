"""`{% job_bar job %}` puts a job on any page: its bar, live, and what its owner can do with it."""

from typing import Any

from django import template
from django.template import Context

from jobs.models import Job
from jobs.streams import JobRegion

register = template.Library()


@register.inclusion_tag("parlour_jobs/bar.html#region", takes_context=True)
def job_bar(context: Context, job: Job) -> dict[str, Any]:
    """The bar of a job, for its owner; nothing for anybody else."""
    request = context["request"]
    region = JobRegion(job).paint(request) if job.owner_id == request.user.pk else {"region": None}
    return {**context.flatten(), **region}  # type: ignore[dict-item]
