"""Plain pages of the house: health, and the faults in the same dress as all else."""

import logging
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.log import log_response

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" while the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 "ok" when the database answers too and has its tables, else 503 and what is missing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _look_for_tables()
    except DatabaseError:
        return HttpResponse("database", status=503, content_type="text/plain")
    except Unmigrated:
        return HttpResponse("not all migrations are applied", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


class Unmigrated(Exception):
    """The database lacks tables, or columns, that this version of the house needs."""


@cache
def _look_for_tables() -> None:
    """Raises Unmigrated. All right once is all right for good, as far as this process knows: nobody unapplies them."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unmigrated


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 in words, with the posted texts (context `texts`) kept and a way `back` to the page."""
    try:
        texts = [text for text in request.POST.getlist("text") if text.strip()]
    except UnreadablePostError:
        texts = []
    return render(request, "csrf.html", {"texts": texts, "back": _back(request)}, status=403)


def body_rejected(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: says in words why the bridge took no body, with a way `back` to the page. No view is called."""

    def middleware(request: HttpRequest) -> HttpResponse:
        why = request.META.get("asgi.scope", {}).get("body_rejected")
        if why is None:
            return get_response(request)
        context = {"why": why, "megabytes": why.limit >> 20, "back": _back(request)}
        response = render(request, "body_rejected.html", context, status=why.status)
        level = "error" if why.status == 507 else "warning"  # somebody must make room on a full disk
        log_response("body rejected: %s: %s", why.status, request.path, response=response, request=request, level=level)
        return response

    return middleware


def server_error(request: HttpRequest) -> HttpResponse:
    """500 in the same dress, without asking the database; in bare words when even that fails."""
    try:
        return HttpResponse(render_to_string("500.html"), status=500)
    except Exception:
        log.exception("the page for faults failed itself")
        words = "Something went wrong on our side. Please try again in a moment."
        return HttpResponse(words, status=500, content_type="text/plain")


def _back(request: HttpRequest) -> str:
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    here = came_from.netloc == request.get_host() and came_from.path.startswith("/")
    return "/" + came_from.path.lstrip("/\\") if here else "/"
