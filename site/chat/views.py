"""The site's own pages around its rooms: all of them, and the smallest live page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.echo import EchoConsumer
from chat.rooms_list import RoomListRegion
from rooms import unread
from rooms.direct import name_people
from rooms.models import nearest_rooms, room_key
from rooms.names import is_guest
from rooms.views import LISTED


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The rooms this person may see, who is in them, and the newest message of each."""
    asked = request.GET.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 else 1
    region = RoomListRegion(request.user, max(page, 1))
    return render(request, "chat/home.html", {**region.paint(request), "can_create": not is_guest(request.user)})


@require_safe
@never_cache
def beside(request: HttpRequest) -> HttpResponse:
    """The list of rooms on the page of a room, which is `here`."""
    rooms, here = list(nearest_rooms(request.user, 0, LISTED)), request.GET.get("here", "")
    name_people(rooms)
    current = next((room.pk for room in rooms if room.slug == here), 0)
    counts = unread.count([(request.user.pk, pk) for pk in unread.nearest(unread.read_last(rooms), current)])
    for room in rooms:
        room.unread = counts.get((request.user.pk, room.pk), 0)
    context = {"rooms": rooms, "here": here, "key": room_key(here)}
    return render(request, "chat/beside.html", context)


@require_safe
def echo(request: HttpRequest) -> HttpResponse:
    """A page with the smallest consumer."""
    return render(request, "chat/echo.html", EchoConsumer.authorize(request.user).paint(request))
