"""What a person does about alerts. Everything is reached through the person: another's alert is not found."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, Mark, Preference
from parlour import Change, live_write

Told = Any  # a query of alerts with `seen`, `read` and `archived` as one person has marked them


def told(person: Any) -> Told:
    """Everything this person was told, as that person has marked it."""
    return Alert.objects.told_to(person)


def together(person: Any, alert: Alert) -> Told:
    """The alerts that stand in one line with `alert`, one of `told`: of its kind and key, read like it, no newer."""
    if not alert.key:
        return told(person).filter(pk=alert.pk)
    alike = {f"{name}__isnull": getattr(alert, name) is None for name in ("read", "archived")}
    return told(person).filter(kind=alert.kind, key=alert.key, pk__lte=alert.pk, **alike)


def unwanted(person: Any) -> list[str]:
    """The kinds this person wants to hear nothing of."""
    chosen = Preference.objects.filter(person=person, level=Preference.Level.NOTHING)
    return list(chosen.values_list("kind", flat=True))


@live_write
def see(change: Change, person: Any, upto: int) -> None:
    """The person has looked at the bell when `upto` was the newest alert in it."""
    _mark(change, person, told(person).open().filter(pk__lte=upto, seen__isnull=True), "seen")


@live_write
def read(change: Change, person: Any, alerts: Told) -> datetime | None:
    """The person has dealt with these. Returns the moment to undo it by, or None if nothing changed."""
    return _mark(change, person, alerts.filter(read__isnull=True), "seen", "read")


@live_write
def archive(change: Change, person: Any, alerts: Told) -> datetime | None:
    """The person wants these out of the way. Returns what `read` does."""
    return _mark(change, person, alerts.filter(archived__isnull=True), "seen", "archived")


@live_write
def unread(change: Change, person: Any, alerts: Told) -> None:
    """The person wants to deal with these again."""
    _unmark(change, person, Mark.objects.filter(alert__in=alerts.values("pk")), "read", "archived")


@live_write
def undo(change: Change, person: Any, at: datetime) -> None:
    """Take back what this person did at this moment."""
    mine = Mark.objects.filter(person=person)
    for name in ("read", "archived"):
        _unmark(change, person, mine.filter(**{name: at}), name)


@live_write
def prefer(change: Change, person: Any, levels: dict[str, str]) -> None:
    """How the person wants to hear of these kinds, by name."""
    rows = [Preference(person=person, kind=kind, level=level) for kind, level in levels.items()]
    Preference.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "kind"], update_fields=["level"]
    )
    change.touch(audiences.person(person.pk))


def _mark(change: Change, person: Any, alerts: Told, *names: str) -> datetime | None:
    now = timezone.now()
    rows = [Mark(alert_id=pk, person=person, **dict.fromkeys(names, now)) for pk in alerts.values_list("pk", flat=True)]
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
