"""`{% visitor_of room as visitor %}`: whose conversation with the staff a room is, for staff."""

from typing import Any

from django import template
from django.template import Context

from widgets.models import Visitor

register = template.Library()


@register.simple_tag(takes_context=True)
def visitor_of(context: Context, room: Any) -> Visitor | None:
    """The visitor whose conversation at a desk this is; None to everybody who is not of the staff."""
    if not room.members_only or not getattr(context.get("user"), "is_staff", False):
        return None
    return Visitor.objects.filter(room=room.pk).first()
