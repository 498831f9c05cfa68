"""The site's own pages around its rooms: all of them, and the smallest live page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.echo import EchoConsumer
from parlour import people_in
from rooms.models import Message, Room
from rooms.names import is_guest


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The rooms this person may see, who is in them, and the newest message of each."""
    rooms = list(Room.objects.visible_to(request.user).with_last().order_by("title"))
    last = Message.objects.select_related("author").in_bulk([room.last_pk for room in rooms if room.last_pk])
    here = people_in(*(room.people for room in rooms))
    for room in rooms:
        room.last = last.get(room.last_pk)
        room.here = here[room.people]
    return render(request, "chat/home.html", {"rooms": rooms, "can_create": not is_guest(request.user)})


@require_safe
def echo(request: HttpRequest) -> HttpResponse:
    """A page with the smallest consumer."""
    return render(request, "chat/echo.html", EchoConsumer.authorize(request.user).paint(request))
