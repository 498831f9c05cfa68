"""What is new since a bell was last asked, told in passing."""

from collections import defaultdict
from datetime import timedelta

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html

from alerts.lines import LOOKED_AT, Bell, Line
from alerts.models import Alert, Preference
from parlour.fragments import Region, joined

MOST = 3
FRESH = timedelta(minutes=10)  # what comes back to light after that is no news


class News:
    """The alerts of one audience that came since it was last looked at."""

    def __init__(self, audience: str) -> None:
        self.audience = audience
        self.known: set[int] | None = None
        self.seq = self.before = -1
        self.lines: list[Line] = []
        self.drawn: dict[Line, str] = {}

    def look(self, seq: int) -> int:
        """Look again, at `seq`; what is new stands in `lines`. Returns where those were who have not seen it.

        An answer that another head overtook is asked for once more, and is news then too.
        """
        if seq != self.seq:
            newest = list(Alert.objects.open().filter(audience=self.audience).select_related("actor")[:LOOKED_AT])
            since = timezone.now() - FRESH
            known = {alert.pk for alert in newest} if self.known is None else self.known
            self.lines = _together([alert for alert in newest if alert.pk not in known and alert.at > since])
            self.drawn = {}
            self.known, self.before, self.seq = {alert.pk for alert in newest}, self.seq, seq
        return self.before

    def toasts(self, region: Region, bell: Bell) -> str:
        """Fragments for somebody with this bell: at most three toasts, and words for a screen reader."""
        if self.audience not in bell.audiences:
            return ""
        lines = [line for line in self.lines if bell.levels.get(line.alert.kind, "toast") == Preference.Level.TOAST]
        if not lines:
            return ""
        words = format_html("{}", lines[0].title) if len(lines) == 1 else f"{len(lines)} new alerts. {lines[0].title}"
        shown = joined(self._drawn(region, line) for line in reversed(lines[:MOST]))
        return region.append("toasts", shown) + region.inner("announce", format_html("{}", words))

    def _drawn(self, region: Region, line: Line) -> str:
        if line not in self.drawn:
            self.drawn[line] = render_to_string("partials/toast.html", {"region": region, "line": line})
        return self.drawn[line]


def _together(alerts: list[Alert]) -> list[Line]:
    """One line for each kind and key, the newest first."""
    groups: dict[tuple[str, object], list[Alert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.kind, alert.key or alert.pk].append(alert)
    return [Line(group[0], len(group), False) for group in groups.values()]
