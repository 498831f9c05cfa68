"""What bells show: asked once for all people who listen, in a few grouped queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from zlib import crc32

from django.db.models import Count, F, Q, Value, Window
from django.db.models.functions import Concat, Left, RowNumber, StrIndex

from alerts import audiences
from alerts.models import Alert, Mark, Preference

SHOWN = 12  # lines of one bell
LOOKED_AT = 60  # the newest open alerts of each head, of which the lines are made
Group = tuple[str, str]  # (kind, key)
Held = Mapping[tuple[int, int], tuple[bool, bool]]  # (person, alert): read, archived


class Line(NamedTuple):
    """`n` alerts of one kind and key, all `read` or none; `alert` is the newest."""

    alert: Alert
    n: int
    read: bool

    @property
    def title(self) -> str:
        return self.alert.of_kind.together(self.n, self.alert.words)

    @property
    def name(self) -> str:
        """What it is called on a page, as long as it stands for alerts of one kind and key, read or not."""
        about = f"{self.alert.kind} {self.alert.key or self.alert.pk} {self.read}"
        return f"{crc32(about.encode()):08x}"


class Bell(NamedTuple):
    """One person's bell: how many alerts are unseen, the newest as lines, and the newest alert's primary key."""

    unseen: int
    lines: list[Line]
    upto: int
    audiences: frozenset[str]
    levels: Mapping[str, str]


def bells(people: Collection[int]) -> dict[int, Bell]:
    """The bells of these people, from as many queries for a thousand as for one."""
    told, levels = audiences.of(people), _levels(people)
    names = {name for each in told.values() for name in each}
    totals, marked = _totals(names), _marked(people, names)
    newest = _newest(names)
    held = _held(people, [alert.pk for alerts in newest.values() for alert in alerts])
    return {pk: _bell(pk, told[pk], levels[pk], totals, marked, newest, held) for pk in people}


def _bell(
    person: int,
    told: Collection[str],
    levels: Mapping[str, str],
    totals: Mapping[str, Mapping[Group, int]],
    marked: Mapping[int, Mapping[str, Mapping[Group, tuple[int, int]]]],
    newest: Mapping[str, list[Alert]],
    held: Held,
) -> Bell:
    unseen, unread = 0, defaultdict[Group, int](int)
    for name in set(told):
        for group, n in totals.get(name, {}).items():
            if levels.get(group[0]) != Preference.Level.NOTHING:
                seen, done = marked.get(person, {}).get(name, {}).get(group, (0, 0))
                unseen += n - seen
                unread[group] += n - done
    alerts = [alert for name in set(told) for alert in newest.get(name, ())]
    wanted = [alert for alert in alerts if levels.get(alert.kind) != Preference.Level.NOTHING]
    upto = max((alert.pk for alert in alerts), default=0)
    return Bell(unseen, _lines(person, wanted, unread, held), upto, frozenset(told), levels)


def _lines(person: int, alerts: Iterable[Alert], unread: Mapping[Group, int], held: Held) -> list[Line]:
    """Alerts of one kind and key are one line where the newest of them stands; what was read is apart."""
    groups: dict[tuple[str, object, bool], list[Alert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: (alert.at, alert.pk), reverse=True):
        read, archived = held.get((person, alert.pk), (False, False))
        if not archived:
            groups[alert.kind, alert.key or alert.pk, read].append(alert)
    lines = []
    for (kind, key, read), group in list(groups.items())[:SHOWN]:
        n = len(group) if read or isinstance(key, int) else unread[kind, str(key)]
        lines.append(Line(group[0], n, read))
    return lines


def _levels(people: Collection[int]) -> Mapping[int, Mapping[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for person, kind, level in Preference.objects.filter(person__in=people).values_list("person", "kind", "level"):
        found[person][kind] = level
    return found


def _totals(names: Collection[str]) -> Mapping[str, Mapping[Group, int]]:
    """How many alerts of each group are open, by audience."""
    rows = Alert.objects.open().filter(audience__in=names).order_by().values_list("audience", "kind", "key")
    found: dict[str, dict[Group, int]] = defaultdict(dict)
    for name, kind, key, n in rows.annotate(n=Count("pk")):
        found[name][kind, key] = n
    return found


def _marked(
    people: Collection[int], names: Collection[str]
) -> Mapping[int, Mapping[str, Mapping[Group, tuple[int, int]]]]:
    """How many of those each person has seen, and has done with: read or archived."""
    rows = Mark.objects.filter(person__in=people, alert__settled__isnull=True, alert__audience__in=names)
    marked = rows.values_list("person", "alert__audience", "alert__kind", "alert__key").order_by()
    done = Count("pk", filter=Q(read__isnull=False) | Q(archived__isnull=False))
    found: dict[int, dict[str, dict[Group, tuple[int, int]]]] = defaultdict(lambda: defaultdict(dict))
    for person, name, kind, key, seen, finished in marked.annotate(n=Count("seen"), done=done):
        found[person][name][kind, key] = seen, finished
    return found


def _newest(names: Collection[str]) -> Mapping[str, list[Alert]]:
    head = Left("audience", StrIndex(Concat("audience", Value("/")), Value("/")) - 1)
    place = Window(RowNumber(), partition_by=[head], order_by=[F("at").desc(), F("pk").desc()])
    rows = Alert.objects.open().filter(audience__in=names).annotate(place=place).filter(place__lte=LOOKED_AT)
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in rows.select_related("actor"):
        found[alert.audience].append(alert)
    return found


def _held(people: Collection[int], alerts: Collection[int]) -> Held:
    rows = Mark.objects.filter(person__in=people, alert__in=alerts).values_list("person", "alert", "read", "archived")
    return {(person, alert): (read is not None, archived is not None) for person, alert, read, archived in rows}
