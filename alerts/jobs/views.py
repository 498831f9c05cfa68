"""Pages of jobs. Everything is reached through the person: another's job is not found."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alerts.jobs.models import Job


@require_safe
@login_required
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One job, live."""
    job = get_object_or_404(Job.objects.of(request.user), pk=pk)
    return HttpResponse(job.title)
