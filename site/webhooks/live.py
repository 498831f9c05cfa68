"""The list of a person's webhooks, live, and what can be done there."""

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from alerts import resolve
from parlour import live
from webhooks.models import Cursor, Webhook, WebhookQuerySet, may_use


def own(person: Any, pk: str) -> WebhookQuerySet:
    """This webhook, if it is this person's."""
    return Webhook.objects.filter(owner=person, pk=pk if pk.isdecimal() else 0)


@live("webhooks/parts.html#list", watch=[Webhook], gap=0.5)
def my_webhooks(owner: int) -> dict[str, Any]:
    """Their state, last answer and rooms."""
    return {"webhooks": Webhook.objects.filter(owner=owner).prefetch_related("cursors__room").order_by("pk")}


@my_webhooks.allow
def may_see(person: Any, owner: int) -> bool:
    """Only the owner."""
    return may_use(person) and person.pk == owner


@my_webhooks.hears
def pause(person: Any, pk: str) -> None:
    """Send nothing until it is resumed."""
    own(person, pk).filter(paused="").update(paused="You paused it.")


@my_webhooks.hears
def resume(person: Any, pk: str) -> None:
    """Go on at once after the last event that was taken, as if it had never failed."""
    for webhook in own(person, pk):
        own(person, pk).update(paused="", due=Now(), failing_since=None)
        resolve(webhook)


@my_webhooks.hears
def replay(person: Any, pk: str, hours: str) -> None:
    """Send again what was posted in these hours, by setting cursors back."""
    since = timezone.now() - timedelta(hours=int(hours[:6]) if hours.isdecimal() else 0)
    for cursor in Cursor.objects.filter(webhook__in=own(person, pk)).select_related("room"):
        older = cursor.room.messages.filter(seq__isnull=False, created__lt=since).order_by("-seq")
        before = older.values_list("seq", flat=True).first() or 0  # from the newest on, however large the room is
        Cursor.objects.filter(pk=cursor.pk, seq__gt=before).update(seq=before)


@my_webhooks.hears
def delete(person: Any, pk: str) -> None:
    """Send nothing any more."""
    own(person, pk).delete()
