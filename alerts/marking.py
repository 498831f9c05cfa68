"""What a person does about alerts. Everything is reached through the person: another's alert is not found."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, Mark
from parlour.changes import Change, deed


@deed
def mark(change: Change, person: Any, alerts: Iterable[int], **marks: bool) -> int:
    """Set (True) or take back (False) marks: `seen`, `read`, `archived`. Returns how many alerts were marked.

    Reading and archiving is seeing too. All pages of this person are told.
    """
    if marks.get("read") or marks.get("archived"):
        marks["seen"] = True
    now = timezone.now()
    mine = Alert.objects.told_to(person).filter(pk__in=list(alerts)).values_list("pk", flat=True)
    rows = [Mark(alert_id=pk, person=person, **{name: now if on else None for name, on in marks.items()}) for pk in mine]
    Mark.objects.bulk_create(rows, update_conflicts=True, unique_fields=["alert", "person"], update_fields=list(marks))
    if rows:
        change.touch(audiences.person(person.pk))
    return len(rows)


def unseen(person: Any) -> list[int]:
    """The alerts this person has not seen, newest first."""
    return list(Alert.objects.open().told_to(person).filter(seen__isnull=True).values_list("pk", flat=True))


def unread(person: Any) -> list[int]:
    """The alerts this person has neither read nor archived, newest first."""
    open_alerts = Alert.objects.open().told_to(person)
    return list(open_alerts.filter(read__isnull=True, archived__isnull=True).values_list("pk", flat=True))
