"""A region in a page: its first paint, and the panel that its watchdog fetches when the socket is silent."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from parlour import cursors, heads
from parlour.admission import Denied
from parlour.consumers import Consumer
from parlour.fragments import Region
from parlour.models import Head


def painted(request: HttpRequest, region: Region) -> dict[str, Any]:
    """Context for the region's templates: heads first, then what each stream shows up to them."""
    now = heads.read([stream.name for stream in region.streams])
    epoch = Head.objects.epoch()
    shown: dict[str, dict[str, Any]] = {}
    held = {}
    for stream in region.streams:
        if stream.part not in shown:  # several heads may fill one part, each with the same
            painting = stream.paint(stream.variant(request.user), now[stream.name])
            shown[stream.part] = {"part": stream.part, **painting}
        held[region.cursor_id(stream)] = cursors.written(stream.name, epoch, now[stream.name])
    return {"region": region, "shown": shown, "cursors": held}


def as_panel(consumer: type[Consumer]) -> Callable[..., HttpResponse]:
    """A view of the region's live element. It never redirects: who may not have it gets 403 and nothing.

    A page that never said hello (`met` is empty) has no socket: it gets a composer that posts, the present
    cursor, and its parts anew.
    """

    @never_cache
    def panel(request: HttpRequest, **route: Any) -> HttpResponse:
        try:
            region = consumer.authorize(request.user, **route)
        except Denied:
            return HttpResponse(status=403)
        plain = request.GET.get("met") == ""
        context = {**painted(request, region), "plain": plain}
        return render(request, "parlour/panel.html", context)

    return panel
