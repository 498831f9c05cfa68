"""What was said in a room as a file, for those who look after it."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chat.settings_views import readable
from parlour import rate_limit
from rooms import export
from rooms.models import Room

RATE = "0.02/6"  # exports of one person: a second / at once


@login_required
@require_GET
@never_cache
def as_page(request: HttpRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """One HTML file, in the language and zone of whoever asks for it."""
    room = readable(request.user, slug, manage=True)
    reads = translation.get_language() or "en", timezone.get_current_timezone_name()
    return _file(request, room, "html", "text/html", export.as_html(room, *reads))


@login_required
@require_GET
@never_cache
def as_data(request: HttpRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """One JSON file."""
    room = readable(request.user, slug, manage=True)
    return _file(request, room, "json", "application/json", export.as_json(room))


def _file(
    request: HttpRequest, room: Room, ending: str, kind: str, content: Iterator[str]
) -> HttpResponse | StreamingHttpResponse:
    if not rate_limit("export", request.user.pk, RATE).take():
        words = gettext("You have exported much just now. Wait some minutes, then try again.")
        return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8")
    headers = {"Content-Disposition": f'attachment; filename="{room.slug}.{ending}"'}
    return StreamingHttpResponse(content, content_type=f"{kind}; charset=utf-8", headers=headers)
