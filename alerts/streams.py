"""The bell on a page: its count, its lines once it was opened, toasts, and what other apps add to it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from secrets import randbits
from typing import Any, NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from alerts import audiences
from alerts.bell import Bell, Group, Line, bells, unseen
from alerts.models import Alert
from parlour import Region, StateStream, address

KEY = "bell"
MOST = 99  # more are "99+"
TOASTS = 3  # at once
TOAST_STANDS = timedelta(seconds=10)  # meanwhile, more alerts of its line show no other toast
LINES = 2000  # whose markup is kept, some five megabytes
_FIELDS = {name: str(2**62 + randbits(61)) for name in ("pk", "upto", "name", "words", "lines")}  # nobody writes these
MakeStream = Callable[[Any, Region], StateStream]
_added: list[tuple[MakeStream, str]] = []


def add_to_bell(stream: MakeStream, template: str) -> None:
    """Show a stream of another app in every bell, above the lines.

    `stream(person, region)` makes it for a primary key; `template` holds the element that it fills, with what is
    the person's own inside `late`. Call it in `ready`.
    """
    _added.append((stream, template))


def today(zone: str) -> str:
    """The date where somebody reads; words such as "yesterday" are true for that date."""
    return timezone.localdate(timezone=ZoneInfo(zone)).isoformat()


def counted(title: str, unseen: int) -> str:
    """A page's title with the number of unseen alerts before it: "(2) Lobby"."""
    return format_html("({}) {}", unseen if unseen <= MOST else f"{MOST}+", title) if unseen else title


class Reader(NamedTuple):
    """For whom a bell is rendered: a person, whether the bell was opened, and the title of the page it stands on."""

    person: Any
    opened: bool
    title: str


class ShownLine(NamedTuple):
    """What a line's markup is made of but for the names of its alert: it is alike for all who are told the same."""

    title: str
    detail: str
    at: datetime
    actor_id: Any
    actor_name: str
    by: str  # the actor, where the title does not say who
    read: bool
    form: str


@lru_cache(LINES)
def line_pattern(line: ShownLine, id: str, *_read_in: str) -> str:  # noqa: A002
    """A line as a pattern for `format_html`, whose fields are what people who are told the same see differently."""
    return _pattern("line", "pk", "name", "words", line=line, id=id)


@lru_cache(LINES)
def lines_pattern(unseen: int, unread: bool, empty: bool, id: str, form: str, _language: str) -> str:  # noqa: A002
    """What stands around the lines, as such a pattern."""
    fields = ["upto"] if empty else ["upto", "lines"]
    return _pattern("lines", *fields, unseen=unseen, unread=unread, id=id, form=form)


@lru_cache(LINES)
def render_count(unseen: int, language: str) -> SafeString:
    """The number on the button."""
    with translation.override(language):
        return render_to_string("partials/bell.html#count", {"unseen": unseen})


@lru_cache(64)
def toast_pattern(title: str, detail: str, *_read_in: str) -> str:
    """A toast as such a pattern."""
    return _pattern("toast", "pk", title=title, detail=detail)


def _pattern(part: str, *fields: str, **context: Any) -> str:
    """What is rendered once, with its braces doubled and these fields of it open."""
    context |= {field: _FIELDS[field] for field in fields}
    markup = str(render_to_string(f"partials/bell.html#{part}", context)).replace("{", "{{").replace("}", "}}")
    for field in fields:
        markup = markup.replace(_FIELDS[field], f"{{{field}}}")
    return markup


class BellRegion(Region):
    """The bell of one person; `names` are their audiences where they are known already."""

    controls = "partials/bell.html#controls"
    shared_names = (*Region.shared_names, "added")

    def __init__(self, person: Any, names: list[str] | None = None) -> None:
        super().__init__(KEY, "/ws/alerts/", address("parlour_alerts:panel"), "member")
        self.bell = BellStream(self, names or audiences.of([person])[person])
        self.streams = [self.bell, *(stream(person, self) for stream, _ in _added)]
        self.added = tuple(template for _, template in _added)


class BellStream(StateStream):
    """The bells of all people. All get the count and toasts; those that were opened get lines too.

    A variant's `own` holds a `Reader`, a line each: "5\\nopened\\nLobby".
    """

    part = "count"
    gap = 0.1  # a burst of alerts is one frame
    opened = False
    title = ""  # of the page; without one the bell leaves it alone

    def __init__(self, ids: Region, names: list[str]) -> None:
        super().__init__(KEY, ids, [audiences.stream(name) for name in names])
        self.audiences = names

    def variant(self, person: Any) -> Any:
        opened = "opened" if self.opened else ""
        return super().variant(person)._replace(own=f"{person.pk}\n{opened}\n{self.title}")

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        count = unseen(_reader(variant).person, self.audiences)
        return {"markup": self.drawn(variant, {"unseen": count}), "unseen": count, "day": today(variant.zone)}

    def context(self, variants: Sequence[Any]) -> Mapping[Any, dict[str, Any]]:
        readers = {variant: _reader(variant) for variant in variants}
        opened = {reader.person for reader in readers.values() if reader.opened}
        of = bells({reader.person for reader in readers.values()}, opened)
        return {variant: self._shown(variant, reader, of[reader.person]) for variant, reader in readers.items()}

    def _shown(self, variant: Any, reader: Reader, bell: Bell) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "unseen": bell.unseen,
            "recent": bell.recent,
            "day": today(variant.zone),
            "lines": None,
        }
        shown |= {"title": reader.title, "is_quiet": bell.is_quiet}
        if reader.opened:
            with translation.override(variant.language), timezone.override(variant.zone):
                day, form = shown["day"], self.ids.id("form")
                lines = format_html_join("", "{}", ((self._line(line, variant, form, day),) for line in bell.lines))
                pattern = lines_pattern(
                    bell.unseen, bell.unread, not lines, self.ids.id("upto"), form, variant.language
                )
                shown["lines"] = format_html(pattern, upto=bell.upto, lines=lines)
        return shown

    def _line(self, line: Line, variant: Any, form: str, day: str) -> SafeString:
        """Its buttons, and the focus in them, stay as long as the line; its words as long as they are the same."""
        alert, title, actor = line.alert, line.title, line.alert.actor_name
        words = f"{crc32(f'{alert.pk} {title} {actor} {day}'.encode()):08x}"
        by = "" if "{actor}" in alert.title else actor
        shown = ShownLine(title, line.detail, alert.at, alert.actor_id, actor, by, line.read, form)
        pattern = line_pattern(shown, self.ids.id(_FIELDS["name"]), *variant[:2], day, get_script_prefix())
        return format_html(pattern, pk=alert.pk, name=line.name, words=words)

    def drawn(self, variant: Any, context: dict[str, Any]) -> SafeString:
        return render_count(context["unseen"], variant.language)

    def extras(self, context: dict[str, Any]) -> str:
        extras = self.ids.value("day", context["day"])
        if context["title"]:
            extras += self.ids.title(counted(context["title"], context["unseen"]))
        if context["lines"] is None:
            return extras
        return self.ids.inner("lines", context["lines"]) + self.ids.value("opened", "1") + extras

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        """At most three toasts of the alerts that came meanwhile, and words for a screen reader."""
        toasts = new_lines(before["recent"], now["recent"]) if before else []
        if not toasts or now["is_quiet"]:
            return ""
        words = format_html("{}", toasts[0].title)
        if len(toasts) > 1:
            n = len(toasts)
            words = format_html(ngettext("{} new alert. {}", "{} new alerts. {}", n), n, toasts[0].title)
        read_in = str(translation.get_language()), get_script_prefix()
        shown = "".join(
            format_html(toast_pattern(line.title, line.detail, *read_in), pk=line.alert.pk)
            for line in reversed(toasts[:TOASTS])
        )
        return self.ids.append("toasts", shown) + self.ids.inner("announce", words)

    def fragments(self, person: Any) -> str:
        """What brings an opened bell of this person to the present."""
        context = self._now(person)
        return self.ids.inner(self.part, self.drawn(self.variant(person), context)) + self.extras(context)

    def lines(self, person: Any) -> str:
        """What `region.id("lines")` holds for this person."""
        return str(self._now(person)["lines"])

    def _now(self, person: Any) -> dict[str, Any]:
        variant = self.variant(person)._replace(own=f"{person.pk}\nopened\n")
        return dict(self.context([variant])[variant])


def new_lines(before: Sequence[Alert], now: Sequence[Alert]) -> list[Line]:
    """Lines of the alerts that are recent now and were not before, newest first, without those whose toast stands.

    A toast stands for its kind and key; the times of the alerts say when the last one came up.
    """
    known = {alert.pk for alert in before}
    new: dict[tuple[str, object], list[Alert]] = {}
    last: dict[Group, datetime] = {}
    due = set()
    for alert in reversed(now):
        if not alert.key or alert.at >= last.get((alert.kind, alert.key), alert.at - TOAST_STANDS) + TOAST_STANDS:
            last[alert.kind, alert.key] = alert.at
            due.add(alert.pk)
        if alert.pk not in known:
            new.setdefault((alert.kind, alert.key or alert.pk), []).append(alert)
    lines = [Line(alerts[-1], len(alerts)) for alerts in new.values() if due.intersection(a.pk for a in alerts)]
    return sorted(lines, key=lambda line: (line.alert.at, line.alert.pk), reverse=True)


def _reader(variant: Any) -> Reader:
    """Who reads in this variant, by primary key."""
    person, opened, title = variant.own.split("\n")
    return Reader(get_user_model()._meta.pk.to_python(person), bool(opened), title)
