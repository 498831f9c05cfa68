"""What every page owes a person: their own language and time zone, and no copy in a cache."""

from collections.abc import Callable
from contextlib import nullcontext

from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

NEVER_CACHE = "max-age=0, no-cache, no-store, must-revalidate, private"  # Django takes a while to put it together


def own_zone(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Shows a page's times in the reader's zone, and leaves the thread as it was."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        zone = user.zone if user is not None and user.is_authenticated else None
        with timezone.override(zone) if zone else nullcontext():
            return answer(request)

    return middleware


def own_language(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Shows a page in the language that its reader chose; else it is the browser's, by Django's own middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = get_user(request)  # every page asks for it a hundred times; Django's own looks it up each time
        language = getattr(request.user, "language", "")
        if not language:
            return answer(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = answer(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def own_pages(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Keeps a person's pages out of every cache: whoever sits there next presses Back after the sign-out."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", NEVER_CACHE)
        return response

    return middleware
