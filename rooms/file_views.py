"""Sending files, and reading them: the right to is asked each time."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.html import escape
from django.utils.http import content_disposition_header, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reswap, retarget

from parlour import Denied
from rooms.files import OTHER, limits, post_files
from rooms.images import FileRejected
from rooms.markup import TextRejected
from rooms.models import Attachment
from rooms.permissions import room_for
from rooms.send_once import new_page
from rooms.streams import RoomRegion
from rooms.views import back, is_htmx, of_room, room_page

# Whatever it turns out to be, it runs nothing and loads nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest, slug: str) -> HttpResponse:
    """Post files, from the page or without script; read by htmx it says how much may be sent."""
    if request.method != "POST":
        return limits_note() if is_htmx(request) else redirect("parlour_rooms:room", slug)
    return _post(request, slug)


@of_room
def _post(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    note = send(request, region)
    if is_htmx(request):
        return sent(request, region, note)
    if note:
        return room_page(request, region.room.slug, status=422, files_note=note)
    return redirect(f"{back(request, region.room)}#{region.id('files')}")


def send(request: HttpRequest, region: RoomRegion) -> str:
    """Post the files in a form. Returns why not, "" if they are posted."""
    if not region.rights.write:
        return _("You can read here, not write.")
    try:
        post_files(request.user, region.room, request.POST.get("page") or new_page(), request.FILES.getlist("files"))
    except (FileRejected, TextRejected) as why:
        return str(why)
    return ""


def sent(request: HttpRequest, region: RoomRegion, note: str) -> HttpResponse:
    """What htmx puts on the page: an empty form, or into the one that is there why nothing was sent."""
    if note:
        return retarget(reswap(HttpResponse(escape(note)), "innerHTML"), f"#{region.id('files-note')}")
    return render(request, "parlour_rooms/files.html#form", {"region": region, "sent": True})


def limits_note() -> HttpResponse:
    """For a page whose files no view has seen: a proxy rejected them, or whoever sent them is signed out."""
    return HttpResponse(escape(f"{limits()} {_('If yours are fewer, load the page again.')}"))


@require_safe
def file(request: HttpRequest, slug: str, pk: int, small: bool = False) -> HttpResponse:
    """A file, for who may read the room that it is in; an image also `small`."""
    try:
        room, _rights = room_for(request.user, slug)
    except Denied as why:
        raise Http404 from why
    return file_of(request, Attachment.objects.filter(room=room, pk=pk), small)


def file_of(request: HttpRequest, rows: QuerySet[Attachment], small: bool = False) -> HttpResponse:
    """The one file among these that is in a message and ready. Raises Http404.

    A browser keeps it, and asks each time whether it still may show it.
    """
    row = rows.filter(message__isnull=False, due=None).first()
    kept = row and (row.thumbnail if small else row.file)
    if not row or not kept:
        raise Http404
    tag = quote_etag(str(kept.name))
    response: Any = get_conditional_response(request, tag)
    if response is None:
        with kept.open() as content:
            response = HttpResponse(content.read(), content_type="image/webp" if small else row.type)
        response["Content-Disposition"] = content_disposition_header(row.type == OTHER, row.name)
    for name, value in {**HEADERS, "ETag": tag}.items():
        response[name] = value
    return response
