"""`{% lines_beside rooms here key %}`: the lines of the list beside a conversation."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from rooms.models import Room

LINES = 4000  # whose markup is kept, some two megabytes
register = template.Library()


@register.simple_tag
def lines_beside(rooms: Iterable[Room], here: str, key: str) -> SafeString:
    """A line for each room; `here` is the slug of the one whose page it is, and `key` what its ids begin with."""
    read_in = get_language(), get_script_prefix()
    return format_html_join("", "{}", ((_line(*_said(each), each.slug == here, key, *read_in),) for each in rooms))


def _said(room: Room) -> tuple[Any, ...]:
    """All of a room that its line is made of."""
    company = tuple((person["pk"], person["name"]) for person in room.company) if room.is_direct else ()
    return room.pk, room.slug, room.title, room.access, company, room.unread


@lru_cache(LINES)
def _line(
    pk: int, slug: str, title: str, access: str, company: tuple[Any, ...], unread: int, is_here: bool, key: str, *_: Any
) -> SafeString:
    """A line, rendered once for all who see the same in it."""
    room = Room(pk=pk, slug=slug, title=title, access=access)
    room.unread, room.company = unread, [{"pk": person, "name": name} for person, name in company]
    return render_to_string("chat/beside.html#line", {"each": room, "is_here": is_here, "key": key})
