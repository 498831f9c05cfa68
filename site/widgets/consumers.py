"""The live side of a widget: a room at addresses of the widget, for whoever a ticket names, or for nobody yet."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parlour import Consumer, Credential, Denied, Region, rate_limit
from rooms import restrictions
from rooms.consumers import RoomConsumer
from rooms.markup import TextRejected
from rooms.models import Room
from rooms.permissions import READER, Rights, restrict
from rooms.posting import TOO_FAST, Outcome, completed
from rooms.send_once import NumberedText
from rooms.streams import Addresses, RoomRegion, RoomStream
from widgets.file_addresses import file_address
from widgets.framing import widget_at
from widgets.models import Visitor, Widget
from widgets.tickets import Ticket, widget_gone

POST_RATE = "5/100"  # by all visitors of one widget: a second / at once, as one process counts
VISITOR_RATE, MOST = "1/20", 20  # by one of them; what is sent at once is never more, or it would use up all of that
MEMBER = Rights(True, True, False, "member")


def key_of(public_id: str) -> str:
    """What the ids on a page of the widget begin with."""
    return f"widget-{public_id}"


class TicketConsumer(Consumer):
    """A page of a widget. At its handshake it is nobody; its hello brings a ticket, if it has one."""

    @classmethod
    def region_of(cls, widget: Widget, visitor: Visitor | None) -> Region | None:
        """What somebody sees of a widget; None while nobody has said who they are, where one has to. Raises Denied."""
        raise NotImplementedError

    @classmethod
    def key(cls, public_id: str) -> str:  # type: ignore[override]
        return key_of(public_id)

    @classmethod
    def credential_of(cls, _request: HttpRequest) -> Credential:
        return Credential()

    def introduce(self, fields: dict[str, Any]) -> Credential:
        shown = fields.pop("ticket", "")
        return Ticket.read(self.route["public_id"], str(shown)) if shown else self.credential

    @classmethod
    def authorize(cls, person: Any, public_id: str) -> Region:  # type: ignore[override]
        regions = cls._regions({person.pk}, public_id)
        if person.pk not in regions:
            raise widget_gone()
        return regions[person.pk]

    @classmethod
    def authorize_all(cls, asked: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[Region | None]:
        people = defaultdict(set)
        for person, route in asked:
            people[route["public_id"]].add(person.pk)
        regions = {public_id: cls._regions(pks, public_id) for public_id, pks in people.items()}
        return [regions[route["public_id"]].get(person.pk) for person, route in asked]

    @classmethod
    def _regions(cls, people: Collection[Any], public_id: str) -> dict[Any, Region]:
        """By primary key. Whoever has said nothing yet gets a region without streams, in which nothing is shown."""
        widget = widget_at(public_id)
        if widget is None:
            return {}
        found = Visitor.objects.with_related().filter(widget=widget, user__in=people)
        visitors = {each.user_id: each for each in found}
        nothing = Region(key_of(public_id), f"/ws/embed/{public_id}/", "")
        nothing.guards = [widget.head]
        regions: dict[Any, Region] = {}
        for pk in people:
            with suppress(Denied):
                regions[pk] = cls.region_of(widget, visitors.get(pk)) or nothing
        return regions

    async def greet(self, fields: dict[str, Any]) -> str:
        if not self.region.streams:
            raise Denied(4001, _("Load the page again, so that it can say who you are."))
        return await super().greet(fields)

    def tick(self) -> None:
        super().tick()
        if self.greeted and isinstance(self.credential, Ticket) and self.credential.is_old:
            self.credential = self.credential.renewed()
            self.put(self.region.value("ticket", self.credential.text))


class WidgetStream(RoomStream):
    """What was posted, with links that open beside the page that frames it."""

    def drawer(self) -> Callable[[Any], SafeString]:
        drawn = super().drawer()
        return lambda row: drawn(row._replace(html=row.html.replace("<a ", '<a target="_blank" ')))

    def file_address(self, pk: int) -> str:
        return file_address(self.at.argument, pk)


class WidgetRegion(RoomRegion):
    """A room as the pages of a widget show it: under the title of the widget, without a way to the site around it."""

    invitation = "embed/parts.html#invitation"
    by_post = True

    def __init__(self, widget: Widget, room: Room, rights: Rights = READER) -> None:
        public_id = widget.public_id
        super().__init__(room, rights, Addresses(public_id, "embed"), key_of(public_id), f"/ws/embed/{public_id}/")
        self.widget = widget
        self.log = WidgetStream(room, self)
        self.streams = [self.log, self.people]
        self.guards.append(widget.head)

    @property
    def address(self) -> str:  # type: ignore[override]
        return reverse("embed:page", args=[self.at.argument])


def rejected(person: Any, region: WidgetRegion, texts: Sequence[NumberedText]) -> "Future[list[Outcome]] | None":
    """Why this person can post nothing of these from a page of a widget; None if it can be tried."""
    if not person.is_authenticated:  # is told to choose a name, and takes nothing from those who have one
        return None
    n, own, all_of_them = len(texts), ("visitor", person.pk, VISITOR_RATE), ("widget", region.widget.pk, POST_RATE)
    if not region.rights.write:
        restriction = region.rights.restriction
        why: Any = restrictions.words(restriction) if restriction else _("You can read here, not write.")
    elif n > MOST or not (rate_limit(*own).take(n) and rate_limit(*all_of_them).take(n)):
        why = TOO_FAST
    else:
        return None
    return completed([TextRejected(why)] * n)


class WidgetConsumer(TicketConsumer, RoomConsumer):  # type: ignore[misc]  # other arguments
    """A page of a room in a widget."""

    region: WidgetRegion

    @classmethod
    def region_of(cls, widget: Widget, visitor: Visitor | None) -> WidgetRegion | None:
        if visitor is None:
            open_room = None if widget.by_vouching or widget.kind != Widget.Kind.ROOM else widget.room
            return WidgetRegion(widget, open_room) if open_room else None
        room = visitor.conversation
        if room is None:
            return None
        may_write = widget.may_write and not visitor.user.is_muted and not room.archived
        restriction = restrictions.strictest(restrictions.in_room(room, [visitor.user_id]), room, visitor.user)
        allowed = restrict(MEMBER if may_write else READER, restriction)
        if restriction and not allowed.read:
            raise Denied(4003, restrictions.words(restriction))
        return WidgetRegion(widget, room, allowed)

    async def _submit(self, texts: list[NumberedText]) -> "Future[list[Outcome]]":
        return rejected(self.person, self.region, texts) or await super()._submit(texts)
