"""A region in a page: its first paint, and the panel that its watchdog fetches when the socket is silent."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache

from parlour import cursors, heads
from parlour.admission import Refused
from parlour.consumers import Consumer
from parlour.fragments import Region
from parlour.logs import Log
from parlour.models import Head
from parlour.states import State
from parlour.streams import Stream, Variant


def variant(request: HttpRequest, stream: Stream) -> Variant:
    """What makes this reader's markup of a stream differ from another's."""
    zone = getattr(request.user, "zone", "") or settings.TIME_ZONE
    return stream.variant(request.user, Variant(translation.get_language() or settings.LANGUAGE_CODE, zone))


def painted(request: HttpRequest, region: Region) -> dict[str, Any]:
    """Context for the region's templates: heads first, then what each stream shows up to them."""
    now = heads.read([stream.name for stream in region.streams])
    epoch = Head.objects.epoch()
    shown: dict[str, dict[str, Any]] = {}
    held = {}
    for stream in region.streams:
        if stream.part not in shown:  # several heads may fill one part, each with the same
            painting = first(stream, variant(request, stream), now[stream.name])
            shown[stream.part] = {"part": stream.part, **painting}
        held[region.cursor_id(stream)] = cursors.written(stream.name, epoch, now[stream.name])
    return {"region": region, "shown": shown, "cursors": held}


def first(stream: Stream, variant: Variant, seq: int) -> dict[str, Any]:
    """What a page shows of a stream when it is painted: its `markup`, a log's next `older` row."""
    if isinstance(stream, Log):
        markup, older = stream.page(variant, seq)
        return {"markup": markup, "older": older}
    assert isinstance(stream, State)
    return stream.painted(variant)


def as_panel(consumer: type[Consumer]) -> Callable[..., HttpResponse]:
    """A view of the region's live element. It never redirects: who may not have it gets 403 and nothing.

    A page that never said hello (`met` is empty) has no socket: it gets a composer that posts, the present
    cursor, and its parts anew.
    """

    @never_cache
    def panel(request: HttpRequest, **route: Any) -> HttpResponse:
        try:
            region = consumer.admit(request.user, **route)
        except Refused:
            return HttpResponse(status=403)
        plain = request.GET.get("met") == ""
        context = {**painted(request, region), "plain": plain, "panel": True}
        return render(request, "parlour/panel.html", context)

    return panel
