"""The status page and what can be done on it, for those who may operate the site."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jobs import Job, transitions
from monitoring import problems
from monitoring.models import may_operate
from parlour import live

MOST = 500  # jobs that are cancelled or retried at once
DONE = {"cancel": "cancelled, or asked to stop", "retry": "started again"}


def _operates(person: Any) -> bool:
    """Whether this person may come in; False leads to the sign-in, and PermissionDenied nowhere."""
    if person.is_authenticated and not may_operate(person):
        raise PermissionDenied
    return bool(person.is_authenticated)


for_operators = user_passes_test(_operates)


@require_safe
@for_operators
def status(request: HttpRequest) -> HttpResponse:
    """All there is to see."""
    return render(request, "monitoring/status.html")


@require_POST
@for_operators
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """A dead process is not coming back: its alert is resolved."""
    problems.dismiss(pk)
    problems.look()
    return redirect("monitoring:status")


@require_POST
@for_operators
def act(request: HttpRequest) -> HttpResponse:
    """Cancel or retry many jobs, single ones and groups of a kind and state. Asks before what cannot be undone."""
    action = request.POST.get("action", "")
    if action not in DONE:
        raise Http404
    chosen = Q(pk__in=[int(pk[:18]) for pk in request.POST.getlist("job") if pk.isdecimal()])
    for group in request.POST.getlist("group"):
        kind, _, state = group.rpartition(":")
        chosen |= Q(kind=kind, state=state)
    jobs = list(Job.objects.filter(chosen).order_by("pk")[:MOST])
    final = [job for job in jobs if action == "cancel" and action in job.actions and not job.again]
    if final and "sure" not in request.POST:
        return render(request, "monitoring/sure.html", {"jobs": jobs, "final": final})
    done = sum(transitions.act(action, job.pk) for job in jobs)
    live.touch("site_jobs")
    messages.success(request, f"{done} of {len(jobs)} chosen jobs were {DONE[action]}.")
    return redirect("monitoring:status")
