"""`{% about_visitor room as about %}`: the visitor whose conversation with the staff a room is, for staff."""

from typing import Any

from django import template
from django.template import Context

from widgets import desk
from widgets.models import Visitor

register = template.Library()


@register.simple_tag(takes_context=True)
def about_visitor(context: Context, room: Any) -> dict[str, Any] | None:
    """The `visitor` of this room at a desk, and the `staff`; None to everybody who is not of the staff."""
    if not room.members_only or not getattr(context.get("user"), "is_staff", False):
        return None
    visitor = Visitor.objects.with_related().filter(room=room.pk).first()
    return {"visitor": visitor, "staff": desk.staff()} if visitor else None
