"""`{% room ticket %}` puts a chat room on a page: on any object, for whoever may see it."""

from contextlib import suppress

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parlour import Denied
from rooms.consumers import RoomConsumer
from rooms.history import number_of
from rooms.models import Room
from rooms.permissions import denied_object, object_rights
from rooms.reactions import with_names
from rooms.views import paint

register = template.Library()
register.simple_tag(with_names, name="reactions_to")


@register.simple_tag(takes_context=True)
def room(context: Context, thing: Model) -> SafeString:
    """The room on an object, or in a few words why this reader may not see it. The first reader makes it."""
    if (request := context.get("request")) is None:
        name = "django.template.context_processors.request"
        raise ImproperlyConfigured(f"A room needs the request: add {name!r} to the context_processors of TEMPLATES.")
    if not object_rights(request.user, thing._meta.concrete_model, thing).read:
        return format_html('<p class="pl-farewell">{}</p>', denied_object(request.user, request.get_full_path()).words)
    region = RoomConsumer.authorize(request.user, slug=Room.objects.on(thing).slug)
    with suppress(Denied):  # it may be a message in another room on this page
        region.log.around = number_of(region.room, request.GET.get("at"))
    return render_to_string("parlour_rooms/room.html#inset", paint(request, region), request)
