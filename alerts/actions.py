"""What a person does about alerts. Every query starts from the person, so another's alert is out of reach."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, Mark, Preference
from parlour import Change, live_write

Marked = Any  # a queryset of `Alert.objects.for_person(person)`: alerts with that person's marks


def same_line(person: Any, alert: Alert) -> Marked:
    """The alerts in one line with `alert`, a row of `for_person`: same kind, key and marks, none newer."""
    alerts = Alert.objects.for_person(person)
    if not alert.key:
        return alerts.filter(pk=alert.pk)
    marks = {f"{name}__isnull": getattr(alert, name) is None for name in ("read", "archived")}
    return alerts.filter(kind=alert.kind, key=alert.key, pk__lte=alert.pk, **marks)


def unwanted_kinds(person: Any) -> list[str]:
    """The kinds this person does not want to be alerted of."""
    chosen = Preference.objects.filter(person=person, level=Preference.Level.NOTHING)
    return list(chosen.values_list("kind", flat=True))


@live_write
def mark_seen(change: Change, person: Any, upto: int) -> None:
    """The person looked at the bell when `upto` was the highest primary key in it."""
    unseen: Marked = Alert.objects.for_person(person).open()
    _mark(change, person, unseen.filter(pk__lte=upto, seen__isnull=True), "seen")


@live_write
def mark_read(change: Change, person: Any, alerts: Marked) -> datetime | None:
    """Mark alerts read. Returns the moment to undo it by, or None if nothing changed."""
    return _mark(change, person, alerts.filter(read__isnull=True), "seen", "read")


@live_write
def archive(change: Change, person: Any, alerts: Marked) -> datetime | None:
    """Archive alerts. Returns what `mark_read` does."""
    return _mark(change, person, alerts.filter(archived__isnull=True), "seen", "archived")


@live_write
def mark_unread(change: Change, person: Any, alerts: Marked) -> None:
    """Mark alerts unread, and bring back those that are archived."""
    _unmark(change, person, Mark.objects.filter(alert__in=alerts.values("pk")), "read", "archived")


@live_write
def undo(change: Change, person: Any, at: datetime) -> None:
    """Take back what this person did at this moment."""
    for name in ("read", "archived"):
        _unmark(change, person, Mark.objects.filter(**{name: at}), name)


@live_write
def set_preferences(change: Change, person: Any, choices: dict[str, tuple[str, str]]) -> None:
    """Store how the person wants to be alerted: `{name of a kind: (Preference.Level, Preference.Mail)}`."""
    since = dict(Preference.objects.filter(person=person).exclude(mail="").values_list("kind", "mail_since"))
    rows = [Preference(person=person, kind=kind, level=level, mail=mail) for kind, (level, mail) in choices.items()]
    for row in rows:
        row.mail_since = since.get(row.kind, timezone.now()) if row.mail else None
    fields = ["level", "mail", "mail_since"]
    Preference.objects.bulk_create(rows, update_conflicts=True, unique_fields=["person", "kind"], update_fields=fields)
    change.touch(audiences.person(person.pk))


def _mark(change: Change, person: Any, alerts: Marked, *names: str) -> datetime | None:
    now = timezone.now()
    locked = alerts.order_by("pk").select_for_update(no_key=True)  # nobody deletes them meanwhile
    rows = [Mark(alert_id=pk, person=person, **dict.fromkeys(names, now)) for pk in locked.values_list("pk", flat=True)]
    if not rows:
        return None
    Mark.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["alert", "person"], update_fields=names, batch_size=200
    )
    change.touch(audiences.person(person.pk))
    return now


def _unmark(change: Change, person: Any, marks: Any, *names: str) -> None:
    if marks.filter(person=person).update(**dict.fromkeys(names)):
        change.touch(audiences.person(person.pk))
