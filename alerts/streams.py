"""A bell on a page: lines, fed by the heads of all audiences its person belongs to, and what other apps add."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from alerts import audiences
from alerts.lines import Bell, Line, bells
from alerts.toasts import News
from parlour import Region, StateStream
from parlour.streams import Answer, Ask, Variant, reading_as
from parlour.writes import rights

KEY = "bell"
MakeStream = Callable[[int, Region], StateStream]
_added: list[tuple[MakeStream, str]] = []


def add_to_bell(stream: MakeStream, template: str) -> None:
    """Show a stream of another app in every bell, above the lines.

    `stream(person, region)` makes it for a primary key; `template` holds the element that it fills. Call it in `ready`.
    """
    _added.append((stream, template))


def today(zone: str) -> str:
    """Names the day it is where somebody reads; the words of time on a page are true for that day."""
    return timezone.localdate(timezone=ZoneInfo(zone)).isoformat()


class BellRegion(Region):
    """The bell of one person. When rights change, so may the audiences: that head is one of its streams."""

    controls = "partials/bell_controls.html"

    def __init__(self, person: int) -> None:
        super().__init__(KEY, "/ws/alerts/", reverse("alerts:panel"), "member")
        heads = [*map(audiences.head, audiences.of([person])[person]), rights(person)]
        self.bell, *others = [BellStream(head, self) for head in dict.fromkeys(heads)]
        self.streams = [self.bell, *others, *(stream(person, self) for stream, _ in _added)]
        self.added = [template for _, template in _added]


class BellStream(StateStream):
    """The bells of all who listen to one audience. Each line is drawn once and shared."""

    template = "partials/bell_lines.html"
    part = "lines"
    gap = 0.1  # what is told in a burst is one frame

    def __init__(self, name: str, region: Region) -> None:
        super().__init__(name, region)
        self.news = News(name)

    def variant(self, person: Any) -> Variant:
        return super().variant(person)._replace(own=str(person.pk))

    def context(self, variants: Sequence[Variant]) -> Mapping[Variant, dict[str, Any]]:
        found = bells({int(variant.own) for variant in variants})
        drawn: dict[tuple[Line, Variant], str] = {}
        return {variant: self._of(variant, found[int(variant.own)], drawn) for variant in variants}

    def _of(self, variant: Variant, bell: Bell, drawn: dict[tuple[Line, Variant], str]) -> dict[str, Any]:
        shared = variant._replace(own="")
        for line in bell.lines:
            if (line, shared) not in drawn:
                with reading_as(shared):
                    drawn[line, shared] = self._line(line)
        lines = format_html_join("", "{}", ((drawn[line, shared],) for line in bell.lines))
        return {"bell": bell, "lines": lines, "day": today(variant.zone)}

    def _line(self, line: Line) -> str:
        """Its buttons, and the focus in them, stay as long as the line; its words as long as they are the same."""
        state = crc32(f"{line.alert.pk} {line.title} {line.alert.by} {timezone.localdate()}".encode())
        context = {"region": self.region, "line": line, "own": self.region.id(line.name), "state": f"{state:08x}"}
        return render_to_string("partials/alert.html", context)

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        context = self.context([variant])[variant]
        return {"markup": self.drawn(variant, context), "unseen": context["bell"].unseen, "day": context["day"]}

    def now(self, variant: Variant) -> str:
        """Fragments that bring one bell to the present."""
        return self._frame(variant, self.context([variant])[variant])

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        """The lines and the count for all who are behind; what is new as a toast for those who saw the last answer."""
        seq = heads[self.name]
        behind = [ask for ask in asks if ask.cursor != seq]
        contexts = self.context(list({ask.variant for ask in behind})) if behind else {}
        frames = {variant: self._frame(variant, context) for variant, context in contexts.items()}
        was = self.news.look(seq, {int(ask.variant.own) for ask in asks})
        fragments = dict.fromkeys(asks, "")
        for ask in behind:
            toasts = self.news.toasts(self.region, contexts[ask.variant]["bell"]) if ask.cursor == was else ""
            fragments[ask] = frames[ask.variant] + toasts
        return Answer(heads, fragments)

    def _frame(self, variant: Variant, context: dict[str, Any]) -> str:
        count = render_to_string("partials/bell_count.html", {"unseen": context["bell"].unseen})
        shown = self.region.inner(self.part, self.drawn(variant, context)) + self.region.inner("count", count)
        return shown + self.region.value("day", context["day"])
