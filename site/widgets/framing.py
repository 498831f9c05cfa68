"""What every answer below /embed/ has in common: it knows no cookie, and says who may frame it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from widgets.models import Widget
from widgets.sites import origins

ADDRESSES = "/embed/"


def without_cookies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, outside of sessions and forms: whoever is signed in here is nobody in a frame.

    So no other site can act for them through a frame, and its answers are the same with cookies and without.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ADDRESSES):
            return get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = get_response(request)
        response.cookies.clear()
        del response.headers["Vary"]
        response["Referrer-Policy"] = "no-referrer"  # no link or form on it tells where it was
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def widget_at(public_id: str) -> Widget | None:
    """The widget at this address, if it is shown."""
    widget = Widget.objects.select_related("room").filter(public_id=public_id).first()
    return widget if widget and widget.is_shown else None


def embedded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, widget, …)` at an address that begins with the public id of a widget.

    It runs in the language of the widget. Forms need no token against forgery, since no cookie comes with them.
    """

    @csrf_exempt
    @wraps(view)
    def framed(request: HttpRequest, public_id: str, **route: Any) -> HttpResponse:
        if (widget := widget_at(public_id)) is None:
            return refuse(request)
        with translation.override(widget.language):
            return embed_headers(view(request, widget, **route), widget)

    return framed


def embed_headers(response: HttpResponse, widget: Widget) -> HttpResponse:
    """Say that the allowed sites of a widget may frame this answer, also those that isolate themselves (COEP)."""
    ancestors = None if widget.apps else [SELF, *origins(widget.sites)]
    response._csp_replace = {"frame-ancestors": ancestors}  # type: ignore[attr-defined]  # what csp_replace sets
    response.xframe_options_exempt = True  # as its decorator does
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"  # all that the page loads is of this site
    return response


@csrf_exempt
def refuse(request: HttpRequest, **route: Any) -> HttpResponse:
    """The same empty 404 for a widget that is not there, one that is switched off, and an address that is none."""
    response = HttpResponse(status=404)
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
