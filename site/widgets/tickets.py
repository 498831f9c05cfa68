"""Tickets: how a page of a widget says who it is, where there is no cookie.

A ticket is signed and names the widget with its generation, the visitor and their room, and when it ends. It stands in
a hidden field of the page, which sends it in the bodies of its forms and in the hello of its socket, never in an
address. The socket and the panel renew it long before it ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from django.core import signing
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from parlour import Credential, Denied, Identity
from rooms.models import Membership
from widgets.models import Visitor, Widget

SALT = "widgets.ticket"
LASTS = 15 * 60  # seconds, with somebody whose site vouches for them anew when the page is loaded again
UNVOUCHED_LASTS = 12 * 3600  # and with somebody whom nothing but this page knows, also after a night's sleep of it
RENEWED = 0.4  # part of that time after which a ticket is renewed


def issue(visitor: Visitor, vouched: bool) -> str:
    """A new ticket for this visitor; `vouched` says whether their site vouched for them."""
    return _signed({**_of(visitor), "vouched": vouched})


def _of(visitor: Visitor) -> dict[str, Any]:
    widget = visitor.widget
    room = visitor.room_id if widget.kind == Widget.Kind.DESK else widget.room_id
    return {"widget": widget.pk, "generation": widget.generation, "room": room, "visitor": visitor.pk}


def _signed(claims: dict[str, Any]) -> str:
    until = time() + (LASTS if claims["vouched"] else UNVOUCHED_LASTS)
    return signing.dumps({**claims, "until": int(until)}, salt=SALT)


@dataclass(frozen=True, slots=True)
class Ticket(Credential):
    """What a page of the widget at `public_id` showed."""

    public_id: str
    text: str

    def identify(self) -> Identity:
        return Identity(self.visitor().user, self.ends)

    def visitor(self) -> Visitor:
        """Whom it is for. Raises Denied, in words for them."""
        found = Visitor.objects.select_related("widget", "user", "room", "widget__room")
        inside = Membership.objects.filter(room=OuterRef("room"), person=OuterRef("user"))
        found = found.exclude(~Exists(inside), widget__kind=Widget.Kind.DESK)  # the staff put them out of it
        visitor = found.filter(pk=self.claims.get("visitor", 0)).first()
        if visitor is not None and not visitor.widget.is_on:
            raise gone()
        if visitor is None or not self._fits(visitor):
            raise Denied(4001, _("This page was open for too long, or its access has ended. Load the page again."))
        if not visitor.user.is_active:
            raise banned()
        return visitor

    @classmethod
    def valid(cls, credentials: "Collection[Ticket]") -> "Collection[Ticket]":
        of = {each: each.claims.get("visitor") for each in credentials}
        visitors = Visitor.objects.select_related("widget", "user").in_bulk([pk for pk in of.values() if pk])
        known = {each: visitors[pk] for each, pk in of.items() if pk in visitors}
        return {each for each, visitor in known.items() if visitor.user.is_active and each._fits(visitor)}

    def renewed(self) -> "Ticket":
        """The same for longer."""
        return Ticket(self.public_id, _signed(self.claims))

    @property
    def claims(self) -> dict[str, Any]:
        """What it says; nothing if it is not ours."""
        try:
            return dict(signing.loads(self.text, salt=SALT))
        except (signing.BadSignature, ValueError):
            return {}

    @property
    def until(self) -> float:
        """When it ends, as a Unix time."""
        return float(self.claims.get("until", 0))

    @property
    def ends(self) -> datetime:
        return datetime.fromtimestamp(self.until, UTC)

    @property
    def is_vouched(self) -> bool:
        return bool(self.claims.get("vouched"))

    @property
    def renew_at(self) -> float:
        """When it is to be renewed, as a Unix time."""
        return self.until - (1 - RENEWED) * (LASTS if self.is_vouched else UNVOUCHED_LASTS)

    def _fits(self, visitor: Visitor) -> bool:
        """Whether it is for this visitor at this widget as that is now, and has not ended."""
        widget, claims = visitor.widget, self.claims
        expected = {**_of(visitor), "vouched": claims.get("vouched"), "until": claims.get("until")}
        let_in = widget.is_on and (self.is_vouched or not widget.by_vouching)
        return claims == expected and self.until > time() and widget.public_id == self.public_id and let_in


def gone() -> Denied:
    """For who has a page of a widget that is switched off."""
    return Denied(4004, _("This is not here any more."))


def banned() -> Denied:
    """For a visitor whom the staff have banned."""
    return Denied(4003, _("You cannot take part here any more."))
