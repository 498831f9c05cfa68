"""The pages for errors."""

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.log import log_response

from http_bridge.wsgi_bridge import BodyRejected

log = logging.getLogger(__name__)
HIDDEN = {"csrfmiddlewaretoken", "next", "kind", "page", "acked", "met"}  # fields that nobody types
FOR_PROGRAMS = "/api/"  # where errors are JSON
HIDDEN |= {"verb", "label", "send", "back", "idempotency_key"}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 in words, with the posted texts (context `texts`) kept and a way `back` to the page."""
    try:
        texts = [text for text in request.POST.getlist("text") if text.strip()]
    except UnreadablePostError:
        texts = []
    return render(request, "csrf.html", {"texts": texts, "back": _back(request)}, status=403)


def rejected_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers requests whose body the HTTP bridge rejected; no view gets them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        scope = request.META.get("asgi.scope", {})
        return _body_rejected(request, scope["body_rejected"]) if "body_rejected" in scope else get_response(request)

    return middleware


def _body_rejected(request: HttpRequest, why: BodyRejected) -> HttpResponse:
    if request.path.startswith(FOR_PROGRAMS):
        return JsonResponse({"error": "This body is too large, too slow, or has no length."}, status=why.status)
    context = {"why": why, "megabytes": why.limit >> 20, "back": _back(request)}
    response = render(request, "body_rejected.html", context, status=why.status)
    level = "error" if why.status == 507 else "warning"  # somebody must free space on a full disk
    log_response("body rejected: %s: %s", why.status, request.path, response=response, request=request, level=level)
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. Unlike Django's own page it reads no form, which may be one that cannot be parsed; so do the next two."""
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 as plain text: nothing of such a request is to be trusted."""
    return HttpResponse("That could not be read. Go back and try again.", status=400, content_type="text/plain")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 as a page of the site, without the database; as plain text when even that fails.

    A form is on it once more, as it was sent: what was typed stays, and can be sent again when the database is back.
    """
    if request.path.startswith(FOR_PROGRAMS):
        return JsonResponse({"error": "Something went wrong on our side. Try again in a moment."}, status=500)
    try:
        sent = [
            (name, "" if name in HIDDEN else name.replace("_", " ").capitalize(), text)
            for name, texts in request.POST.lists()
            for text in texts
            if "password" not in name
        ]
        context = {"sent": sent, "address": request.get_full_path()}
        return HttpResponse(render_to_string("500.html", context), status=500)
    except Exception:
        log.exception("the page for errors failed itself")
        words = "Something went wrong on our side. Please try again in a moment."
        return HttpResponse(words, status=500, content_type="text/plain")


def _back(request: HttpRequest) -> str:
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    here = came_from.netloc == request.get_host() and came_from.path.startswith("/")
    return "/" + came_from.path.lstrip("/\\") if here else "/"
