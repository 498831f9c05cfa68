"""What is new since a bell was last asked, told in passing."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from alerts import audiences
from alerts.lines import LOOKED_AT, Bell, Group, Line
from alerts.models import Alert, Preference

MOST = 3
FRESH = timedelta(minutes=10)  # what comes back to light after that is no news
CALM = timedelta(seconds=10)  # a toast stands for nine; meanwhile more of its line is told by the bell alone


class News:
    """The alerts that came since a head was last looked at."""

    def __init__(self, head: str) -> None:
        self.head = head
        self.known: set[int] | None = None
        self.seq = self.before = -1
        self.lines: list[Line] = []
        self.said: dict[Group, datetime] = {}
        self.drawn: dict[Line, str] = {}

    def look(self, seq: int, people: Collection[int]) -> int:
        """Look again, at `seq`, for all these listen to. `lines` are new to who saw the seq that is returned.

        An answer that another head overtook is asked for once more, and is news then too.
        """
        if seq != self.seq:
            told = audiences.of(people).values()
            names = {name for each in told for name in each if audiences.head(name) == self.head}
            newest = list(Alert.objects.open().filter(audience__in=names).select_related("actor")[:LOOKED_AT])
            since, now = timezone.now() - FRESH, {alert.pk for alert in newest}
            known = now if self.known is None else self.known
            fresh = [alert for alert in newest if alert.pk not in known and alert.at > since]
            self.lines, self.drawn = self._calm(_together(fresh)), {}
            self.known, self.before, self.seq = now, self.seq, seq
        return self.before

    def _calm(self, lines: list[Line]) -> list[Line]:
        """Those of which nothing was said just now."""
        now = timezone.now()
        self.said = {group: at for group, at in self.said.items() if at > now - CALM}
        calm = [line for line in lines if (line.alert.kind, line.alert.key) not in self.said]
        self.said |= {(line.alert.kind, line.alert.key): now for line in calm if line.alert.key}
        return calm

    def toasts(self, region: Any, bell: Bell) -> str:
        """Fragments for somebody with this bell: at most three toasts, and words for a screen reader."""
        heard = [line for line in self.lines if line.alert.audience in bell.audiences]
        lines = [line for line in heard if bell.levels.get(line.alert.kind, "toast") == Preference.Level.TOAST]
        if not lines:
            return ""
        words = format_html("{}", lines[0].title) if len(lines) == 1 else f"{len(lines)} new alerts. {lines[0].title}"
        shown = format_html_join("", "{}", ((self._drawn(region, line),) for line in reversed(lines[:MOST])))
        return region.append("toasts", shown) + region.inner("announce", format_html("{}", words))

    def _drawn(self, region: Any, line: Line) -> str:
        if line not in self.drawn:
            self.drawn[line] = render_to_string("partials/toast.html", {"region": region, "line": line})
        return self.drawn[line]


def _together(alerts: list[Alert]) -> list[Line]:
    """One line for each kind and key, the newest first."""
    groups: dict[tuple[str, object], list[Alert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.kind, alert.key or alert.pk].append(alert)
    return [Line(group[0], len(group), False) for group in groups.values()]
