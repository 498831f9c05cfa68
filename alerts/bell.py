"""What bells show, asked for many people in as many queries as for one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from zlib import crc32

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import CharField, Count, F, IntegerField, Q, Value, Window
from django.db.models.functions import Concat, Left, RowNumber, StrIndex
from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, Mark, Preference, kind_named, quiet

SHOWN = 12  # lines of one bell
LOOKED_AT = 60  # the newest open alerts of each stream, of which lines and toasts are made
RECENT = timedelta(minutes=10)  # an older alert that shows again is no news
Group = tuple[str, str]  # (kind, key)
UNSEEN = """
SELECT COUNT(*) FROM parlour_alerts_alert AS alert WHERE resolved IS NULL AND audience IN ({}) AND NOT EXISTS (
  SELECT 1 FROM parlour_alerts_mark WHERE alert_id = alert.id AND person_id = %s AND seen IS NOT NULL
) AND NOT EXISTS (
  SELECT 1 FROM parlour_alerts_preference WHERE kind = alert.kind AND person_id = %s AND level = 'nothing'
)"""


class Line(NamedTuple):
    """`n` alerts of one kind and key, all `read` or none; `alert` is the newest."""

    alert: Alert
    n: int
    read: bool = False

    @property
    def title(self) -> str:
        title = self.alert.title_now
        return title if self.n == 1 else kind_named(self.alert.kind).title_of(self.n, title)

    @property
    def detail(self) -> str:
        return self.alert.body if self.n == 1 else ""

    @property
    def name(self) -> str:
        """Its name on a page; the same for as long as it stands for alerts of one kind and key, read or not."""
        group = f"{self.alert.kind} {self.alert.key or self.alert.pk} {self.read}"
        return f"{crc32(group.encode()):08x}"


class Bell(NamedTuple):
    """One person's bell.

    `recent` are the alerts of the last ten minutes that the person has not seen and wants as toasts, newest first.
    `lines` and `upto`, the highest primary key in them, are there only if they were asked for. `is_quiet` says that
    the person wants no toasts now; what came meanwhile is no news later.
    """

    unseen: int
    recent: list[Alert]
    lines: list[Line]
    upto: int
    is_quiet: bool = False

    @property
    def unread(self) -> bool:
        """Whether a line is still unread; what was seen may be."""
        return any(not line.read for line in self.lines)


class Counts(NamedTuple):
    """How many alerts are open, how many of them people are done with, and the kinds they are alerted of."""

    total: dict[str, dict[Group, int]]  # by audience
    marked: dict[tuple[Any, str], dict[Group, tuple[int, int]]]  # by person and audience: (seen, done)
    levels: dict[tuple[Any, str], str]  # by person and kind

    def of(self, person: Any, names: Iterable[str]) -> tuple[int, Mapping[Group, int]]:
        """How many alerts this person has not seen, and is not done with by group."""
        unseen, undone = 0, defaultdict[Group, int](int)
        for name in names:
            marked = self.marked.get((person, name), {})
            for group, n in self.total.get(name, {}).items():
                if self.levels.get((person, group[0])) != Preference.Level.NOTHING:
                    seen, done = marked.get(group, (0, 0))
                    unseen += n - seen
                    undone[group] += n - done
        return unseen, undone


def unseen(person: Any, names: Collection[str]) -> int:
    """How many open alerts of these audiences a person has not seen and is alerted of. Every page asks it."""
    stored = get_user_model()._meta.pk.get_db_prep_value(person, connection)
    with connection.cursor() as cursor:
        cursor.execute(UNSEEN.format(", ".join(["%s"] * len(names))), [*names, stored, stored])
        return int(cursor.fetchone()[0])


def bells(people: Collection[Any], opened: Collection[Any] | None = None) -> dict[Any, Bell]:
    """The bells of these people (primary keys), with lines for those in `opened`, or for all.

    Four queries, and one more where something came just now.
    """
    names = {person: frozenset(each) for person, each in audiences.of(people).items()}
    opened = set(people if opened is None else opened)
    counts = _counts(people, frozenset().union(*names.values()))
    newest = _newest(frozenset().union(*names.values()), frozenset().union(*(names[person] for person in opened)))
    marks = _marks(people, [alert.pk for alerts in newest.values() for alert in alerts])
    result = {}
    for person in people:
        count, undone = counts.of(person, names[person])
        alerts = [alert for name in names[person] for alert in newest.get(name, ())]
        alerts.sort(key=lambda alert: (alert.at, alert.pk), reverse=True)
        recent = _recent(person, alerts, counts.levels, marks)
        lines = _lines(person, alerts, counts.levels, marks, undone) if person in opened else []
        result[person] = Bell(count, recent, lines, max((alert.pk for alert in alerts), default=0))
    for person in quiet([person for person, bell in result.items() if bell.recent]):
        result[person] = result[person]._replace(is_quiet=True)
    return result


def _recent(person: Any, alerts: Iterable[Alert], levels: Any, marks: Any) -> list[Alert]:
    since, toast = timezone.now() - RECENT, Preference.Level.TOAST
    fresh = [alert for alert in alerts if alert.at > since and levels.get((person, alert.kind), toast) == toast]
    return [alert for alert in fresh if (person, alert.pk) not in marks]


def _lines(person: Any, alerts: Iterable[Alert], levels: Any, marks: Any, undone: Mapping[Group, int]) -> list[Line]:
    """Alerts of one kind and key are one line in the place of the newest; what was read is a line of its own."""
    groups: dict[tuple[str, object, bool], list[Alert]] = defaultdict(list)
    for alert in alerts:
        read, archived = marks.get((person, alert.pk), (None, None))
        if not archived and levels.get((person, alert.kind)) != Preference.Level.NOTHING:
            groups[alert.kind, alert.key or alert.pk, bool(read)].append(alert)
    lines = []
    for (kind, key, is_read), group in list(groups.items())[:SHOWN]:
        n = len(group) if is_read or isinstance(key, int) else undone[kind, str(key)]
        lines.append(Line(group[0], n, is_read))
    return lines


def _counts(people: Collection[Any], names: Collection[str]) -> Counts:
    """One query: the open alerts of each group, those that people marked, and people's preferences."""
    zero, text = Value(0, IntegerField()), Value("", CharField())
    alerts = Alert.objects.open().filter(audience__in=names).order_by().annotate(person=Value(None, IntegerField()))
    marks = Mark.objects.filter(person__in=people, alert__resolved__isnull=True, alert__audience__in=names)
    done = Count("pk", filter=Q(read__isnull=False) | Q(archived__isnull=False))
    total = alerts.values_list("person", "audience", "kind", "key").annotate(n=Count("pk"), done=zero)
    marked = marks.values_list("person", "alert__audience", "alert__kind", "alert__key").annotate(
        n=Count("seen"), done=done
    )
    levels = Preference.objects.filter(person__in=people).annotate(key=text, n=zero, done=zero)
    chosen = levels.values_list("person", "level", "kind", "key", "n", "done")
    counts = Counts(defaultdict(dict), defaultdict(dict), {})
    for person, name, kind, key, n, done in marked.union(total, chosen, all=True):  # the first gives the person's type
        if person is None:
            counts.total[name][kind, key] = n
        elif name in Preference.Level.values:
            counts.levels[person, kind] = name
        else:
            counts.marked[person, name][kind, key] = n, done
    return counts


def _newest(names: Collection[str], opened: Collection[str]) -> Mapping[str, list[Alert]]:
    """The newest open alerts of each stream, by audience; those that are not recent only for `opened` audiences."""
    stream = Left("audience", StrIndex(Concat("audience", Value("/")), Value("/")) - 1)
    place = Window(RowNumber(), partition_by=[stream], order_by=[F("at").desc(), F("pk").desc()])
    wanted = Q(audience__in=opened) | Q(audience__in=names, at__gt=timezone.now() - RECENT)
    rows = Alert.objects.open().filter(wanted).annotate(place=place).filter(place__lte=LOOKED_AT)
    result: dict[str, list[Alert]] = defaultdict(list)
    for alert in rows.select_related("actor"):
        result[alert.audience].append(alert)
    return result


def _marks(people: Collection[Any], alerts: Collection[int]) -> Mapping[tuple[Any, int], tuple[Any, Any]]:
    """When people read and archived these alerts: `{(person, alert): (read, archived)}` for those they have seen."""
    rows = Mark.objects.filter(person__in=people, alert__in=alerts, seen__isnull=False)
    values = rows.values_list("person", "alert", "read", "archived")
    return {(person, alert): (read, archived) for person, alert, read, archived in values}
