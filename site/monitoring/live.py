"""The live parts of the status page, rendered once for all who look at it, and not at all while nobody does."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, F, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alerts.models import kind_named
from jobs import Job
from monitoring.models import EVERY, Process, may_operate
from monitoring.problems import ALERTS
from parlour import live
from rooms.models import Room

GAP = 2.0  # seconds between two frames, however many processes report
LISTED = 20  # rooms, jobs
RECENT = timedelta(hours=1)


@live("monitoring/parts.html#state", watch=[Process], gap=GAP)
def site_state() -> dict[str, Any]:
    """Problems, sums, charts, processes and rooms."""
    rows = list(Process.objects.order_by("name", "started"))
    shown = [row for row in rows if row.state != "stopped"]
    living = [row for row in shown if row.state != "dead"]
    by_room: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in living:
        row.slowest_text = duration(row.counts["slowest"])  # type: ignore[attr-defined]
        for pk, n in row.counts["rooms"]:
            by_room[pk].append((row.name, n))
    totals = {pk: sum(n for _, n in places) for pk, places in by_room.items()}
    busiest = sorted(totals, key=lambda pk: -totals[pk])[:LISTED]
    titles = Room.objects.in_bulk(busiest)
    kinds = sum((Counter(row.counts["kinds"]) for row in living), Counter())
    return {
        "open": ALERTS.open(),
        "earlier": ALERTS.filter(resolved__gt=timezone.now() - timedelta(days=7))[:5],
        "processes": shown,
        "kinds": kinds.most_common(),
        "sockets": kinds.total(),
        "rate": round(sum(row.counts["deliveries"] for row in living) / EVERY, 1),
        "slowest": duration(max((row.counts["slowest"] for row in living), default=0)),
        "lost": sum(minute[4] for row in rows for minute in row.minutes),
        "rooms": [(titles[pk], totals[pk], by_room[pk]) for pk in busiest if pk in titles],
        "charts": [
            chart(_("Sockets"), rows, 1, sum, "{:,.0f}".format),
            chart(_("Frames a second"), rows, 2, lambda each: sum(each) / 60, "{:,.1f}".format),
            chart(_("Slowest fan-out"), rows, 3, max, duration),
        ],
    }


@live("monitoring/parts.html#jobs", watch=[Process], gap=GAP)
def site_jobs() -> dict[str, Any]:
    """Jobs that are not done with, and those of the last hour, by kind and state; and the newest to choose from."""
    now = timezone.now()
    recent = Job.objects.filter(Q(pk__in=Job.objects.shown().values("pk")) | Q(queued__gt=now - RECENT)).order_by()
    wait = Max(F("first_moved") - F("queued"), output_field=DurationField())
    groups: list[Any] = [*recent.values("kind", "state").annotate(n=Count("pk"), first=Min("queued"), wait=wait)]
    for group in groups:
        waited = now - group["first"] if group["state"] == Job.State.QUEUED else group["wait"]
        group["waited"] = duration(waited.total_seconds()) if waited else ""
        group |= {"label": kind_named(group["kind"]).label, "state_label": Job.State(group["state"]).label}
    groups.sort(key=lambda group: (str(group["label"]), group["state"]))
    return {"groups": groups, "jobs": Job.objects.shown().select_related("owner").order_by("-queued")[:LISTED]}


for part in (site_state, site_jobs):
    part.allow(may_operate)


def duration(seconds: float) -> str:
    """ "40 ms", "12 s", "3 min", "5 h", "2 days"; a dash for none."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1000:.0f} ms" if seconds else "–"


def chart(title: Any, rows: Collection[Process], column: int, total: Callable[..., float], text: Any) -> dict[str, Any]:
    """The last hour as the points of a line, 240 wide and 60 high; its highest value, in words, and when that was."""
    now = int(time.time()) // 60
    found: dict[int, list[float]] = {minute: [0] for minute in range(now - 59, now + 1)}
    for minute in (minute for row in rows for minute in row.minutes if minute[0] in found):
        found[minute[0]].append(minute[column])
    values = [total(each) for each in found.values()]
    most = max(values)
    at = datetime.fromtimestamp((now - 59 + values.index(most)) * 60, UTC)
    points = " ".join(f"{4 * n + 2},{58 - 54 * value / (most or 1):.1f}" for n, value in enumerate(values))
    return {"title": title, "points": points, "most": text(most) if most else "", "at": at}
