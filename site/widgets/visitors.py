"""Visitors: somebody behind one widget, who has no account and no session here. Tickets say who they are."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import Truncator

from accounts import names
from accounts.models import User
from accounts.rates import allows
from parlour import rate_limit
from rooms.models import Membership, Room
from widgets.identity import Claims
from widgets.models import UNVOUCHED, Visitor, Widget

NEW_RATE = "0.1/10"  # visitors without vouching from one address at one widget: a second / at once
ALL_NEW_RATE = "5/100"  # and from all addresses, as one process counts


def find(public_id: str, subject: str) -> User | None:
    """The person whom the site of this widget knows by this name, to notify them for example."""
    return User.objects.filter(visitor__widget__public_id=public_id, visitor__subject=subject).first()


def vouched(widget: Widget, claims: Claims) -> Visitor:
    """The visitor whom a site vouches for: the same for the same subject, with the name that they have there now."""
    known = Visitor.objects.with_related().filter(widget=widget, subject=claims.subject)
    visitor = known.first()
    if names.is_role(claims.name) or User.objects.name_is_taken(claims.name):  # alerts and webhooks show names alone
        claims = claims._replace(name=f"{claims.name[:30]} ({widget.title[:25]})")
    if visitor is None:
        try:
            return _make(widget, *claims)
        except IntegrityError:  # their other page was faster
            visitor = known.get()
    if visitor.user.display_name != claims.name:
        visitor.user.display_name = claims.name
        visitor.user.save(update_fields=["display_name"])
    _add_to_room(visitor)
    return visitor


def named(widget: Widget, name: str, address: str) -> Visitor | None:
    """A new visitor who chose a name; None where too many come."""
    here = allows(f"visitors-{widget.pk}", address, NEW_RATE)  # asked first: one address takes nothing from the others
    if not here or not rate_limit("visitors", widget.pk, ALL_NEW_RATE).take():
        return None
    return _make(widget, f"{UNVOUCHED}{secrets.token_hex(16)}", name)


@transaction.atomic
def _make(widget: Widget, subject: str, name: str) -> Visitor:
    user = User(kind=User.Kind.VISITOR, username=f"visitor-{secrets.token_hex(8)}", display_name=name)
    user.set_unusable_password()
    user.save()
    visitor = Visitor.objects.create(widget=widget, subject=subject, user=user)
    _add_to_room(visitor)
    return visitor


def _add_to_room(visitor: Visitor) -> None:
    """Have them be a member of the room of their widget, which is all that they may read."""
    widget = visitor.widget
    if widget.kind == Widget.Kind.DESK and visitor.room is not None:
        return  # and stay out if the staff put them out
    if widget.kind == Widget.Kind.DESK:
        asked = Truncator(widget.title).chars(16)  # before the name: it cannot pass for a room of the staff's own
        title = f"{asked}: {visitor.user.name}"[:80]
        visitor.room = Room.objects.create(title=title, access=Room.Access.MEMBERS, guests=Room.Guests.NONE)
        visitor.save(update_fields=["room"])
    if room := visitor.conversation:
        Membership.objects.get_or_create(room=room, person=visitor.user)
