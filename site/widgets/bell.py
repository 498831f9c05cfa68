"""A bell in a widget: what its visitor is alerted of, and one button to be done with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse, reverse_lazy

from alerts import audiences
from alerts.actions import mark_read
from alerts.bell import bells
from alerts.models import Alert
from parlour import Region, StateStream, run
from widgets.consumers import TicketConsumer, key_of
from widgets.models import Visitor, Widget


class BellStream(StateStream):
    """The open alerts of visitors."""

    template = "embed/parts.html#alerts"
    part = "alerts"

    def variant(self, person: Any) -> Any:
        return super().variant(person)._replace(own=str(person.pk))

    def context(self, variants: Sequence[Any]) -> Mapping[Any, dict[str, Any]]:
        of = bells({int(variant.own) for variant in variants})
        return {variant: {"bell": of[int(variant.own)]} for variant in variants}


class BellRegion(Region):
    """The bell of one visitor."""

    controls = "embed/parts.html#bell_controls"
    by_post = True
    ticket = ""

    def __init__(self, widget: Widget, person: Any) -> None:
        self.public_id = widget.public_id
        panel = reverse_lazy("embed:panel", args=[self.public_id])
        super().__init__(key_of(self.public_id), f"/ws/embed/{self.public_id}/bell/", panel, "member")
        self.address = reverse("embed:page", args=[self.public_id])
        heads = [audiences.stream(name) for name in audiences.of([person])[person]]
        self.streams = [BellStream("bell", self, heads)]
        self.guards = [widget.head]


def read_all(person: Any, upto: Any) -> None:
    """What is open, and was there when the page was shown, is read."""
    alerts, upto = Alert.objects.for_person(person).open(), str(upto)
    mark_read(person, alerts.filter(pk__lte=int(upto)) if upto.isdecimal() and len(upto) < 19 else alerts)


class BellConsumer(TicketConsumer):
    """A page with the bell of a widget."""

    region: BellRegion

    @classmethod
    def region_of(cls, widget: Widget, visitor: Visitor | None) -> BellRegion | None:
        return BellRegion(widget, visitor.user_id) if visitor and widget.kind == Widget.Kind.BELL else None

    async def hear_read(self, fields: dict[str, Any]) -> None:
        await run(read_all, self.person, fields.get("upto"))
