"""What was said in a room as a file, for those who look after it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chat.settings_views import readable
from parlour import rate_limit
from rooms import export

KINDS = {"html": "text/html", "json": "application/json"}
RATE = "0.02/6"  # exports of one person: a second / at once


@login_required
@require_GET
@never_cache
def exported(request: HttpRequest, slug: str, ending: str) -> HttpResponse | StreamingHttpResponse:
    """One file: "html", in the language and zone of whoever asks for it, or "json"."""
    room = readable(request.user, slug, manage=True)
    if not rate_limit("export", request.user.pk, RATE).take():
        words = gettext("You have exported much just now. Wait some minutes, then try again.")
        return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8")
    reads = translation.get_language() or "en", timezone.get_current_timezone_name()
    content = export.as_html(room, *reads) if ending == "html" else export.as_json(room)
    headers = {"Content-Disposition": f'attachment; filename="{room.slug}.{ending}"'}
    return StreamingHttpResponse(content, content_type=f"{KINDS[ending]}; charset=utf-8", headers=headers)
