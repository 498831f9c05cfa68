"""Pages of jobs. Everything is reached through the person: another's job is not found."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from alerts.models import kind_named
from jobs import transitions
from jobs.models import Job


@require_safe
@login_required
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One job, live."""
    job = get_object_or_404(Job, owner=request.user, pk=pk)
    return render(request, "parlour_jobs/job.html", {"job": job, "kind": kind_named(job.kind)})


@require_POST
@login_required
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Cancel, retry or dismiss a job. A live page shows the result by itself, and gets its link, which takes the focus.

    A plain form goes back to the job.
    """
    job = get_object_or_404(Job, owner=request.user, pk=pk)
    changed = transitions.act(action, job.pk)
    if "HX-Request" in request.headers:
        titles = request.headers.get("HX-Target", "").rpartition("-")[0]  # of "bell-title-5"
        context = {"job": job, "titles": titles, "pressed": True}
        return render(request, "parlour_jobs/bar.html#title", context)
    if not changed:
        messages.error(request, gettext("This job has gone on meanwhile. Nothing was changed."))
    return redirect(job)
