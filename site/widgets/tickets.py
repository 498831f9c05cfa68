"""Tickets: how a page of a widget says who it is, where there is no cookie.

A ticket is signed and names the widget with its generation, the visitor and their room, and when it ends. It stands in
a hidden field of the page, which sends it in the bodies of its forms and in the hello of its socket, never in an
address. The socket and the panel renew it long before it ends.
"""

from collections.abc import Collection
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from time import time

from django.core import signing
from django.utils.translation import gettext as _

from parlour import Credential, Denied, Identity
from widgets.models import Visitor

SALT = "widgets.ticket"
LASTS = 15 * 60  # seconds, with somebody whose site vouches for them anew when the page is loaded again
UNVOUCHED_LASTS = 12 * 3600  # and with somebody whom nothing but this page knows, also after a night's sleep of it
RENEWED = 0.4  # part of that time after which a ticket is renewed


@dataclass(frozen=True, slots=True)
class Ticket(Credential):
    """What a page of the widget at `public_id` shows; `until` is when it ends, as a Unix time."""

    public_id: str
    generation: int
    room: int | None
    visitor: int
    vouched: bool  # by the site around the page
    until: int = 0

    @classmethod
    def of(cls, visitor: Visitor, vouched: bool) -> "Ticket":
        """A new ticket."""
        widget, room = visitor.widget, getattr(visitor.conversation, "pk", None)
        return cls(widget.public_id, widget.generation, room, visitor.pk, vouched).renewed()

    @classmethod
    def read(cls, public_id: str, text: str) -> "Ticket":
        """What a page of this widget sent. Raises Denied if we gave it no such ticket."""
        try:
            ticket = cls(*signing.loads(text, salt=SALT))
        except (signing.BadSignature, TypeError, ValueError):
            raise ticket_ended() from None
        if ticket.public_id != public_id:
            raise ticket_ended()
        return ticket

    @property
    def text(self) -> str:
        """As a page holds it."""
        return signing.dumps(astuple(self), salt=SALT)

    def identify(self) -> Identity:
        return self._identity(self.find())

    def _identity(self, visitor: Visitor) -> Identity:
        return Identity(visitor.user, datetime.fromtimestamp(self.until, UTC))

    def find(self) -> Visitor:
        """The visitor whom it is for. Raises Denied, in words for them."""
        visitor = Visitor.objects.with_access().filter(pk=self.visitor).first()
        if visitor is not None and not visitor.widget.is_on:
            raise widget_gone()
        if visitor is None or not self._fits(visitor):
            raise ticket_ended()
        if not visitor.user.is_active:
            raise Denied(4003, _("You cannot take part here any more."))
        return visitor

    @classmethod
    def identify_all(cls, credentials: "Collection[Ticket]") -> "dict[Ticket, Identity]":
        visitors = Visitor.objects.with_access().in_bulk({each.visitor for each in credentials})
        found = [(each, visitors.get(each.visitor)) for each in credentials]
        return {each: each._identity(who) for each, who in found if who and who.user.is_active and each._fits(who)}

    def renewed(self) -> "Ticket":
        """The same for longer."""
        return replace(self, until=int(time()) + self._lasts)

    @property
    def is_old(self) -> bool:
        """Whether it is to be renewed."""
        return time() > self.until - (1 - RENEWED) * self._lasts

    @property
    def _lasts(self) -> int:
        return LASTS if self.vouched else UNVOUCHED_LASTS

    def _fits(self, visitor: Visitor) -> bool:
        """Whether it is for this visitor at this widget as that is now, and has not ended."""
        widget, expected = visitor.widget, replace(Ticket.of(visitor, self.vouched), until=self.until)
        return self == expected and self.until > time() and widget.is_on and (self.vouched or not widget.by_vouching)


def widget_gone() -> Denied:
    """For who has a page of a widget that is switched off."""
    return Denied(4004, _("This is not here any more."))


def ticket_ended() -> Denied:
    """For who has to begin anew."""
    return Denied(4001, _("This page was open for too long, or its access has ended. Load the page again."))
