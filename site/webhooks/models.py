"""A webhook: an address that is sent what happens in rooms, and how far it has come in each."""

import secrets
from base64 import b64encode
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Now

from rooms.models import Message, Room
from rooms.permissions import rights

TWICE = timedelta(seconds=10)  # within which a button may be pressed for the second time


def may_use(person: Any) -> bool:
    """Whether this person may have webhooks: staff."""
    return person.is_active and person.is_staff


def new_secret() -> str:
    """A secret in the form of Standard Webhooks."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks, by what is to be done."""

    def just_made(self, owner: Any, address: str) -> "Webhook | None":
        """What this person made for this address some seconds ago."""
        return self.filter(owner=owner, address=address, answered=None, due__gt=Now() - TWICE).first()

    def due(self) -> Self:
        """Those that something new can be sent to now, and that nobody works on."""
        return self.filter(paused="", due__lte=Now(), pk__in=behind().values("webhook"))


class Webhook(models.Model):
    """An address that is sent what happens in rooms.

    `paused` says why it is, and is empty while it is not. Nothing is sent before `due`, by the database's clock:
    whoever sends an event puts it off meanwhile. `failing_since` is when the first delivery failed after the last
    that did not; `answer` is the last answer in words.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    address = models.CharField(max_length=500)
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    paused = models.CharField(max_length=200, blank=True)
    due = models.DateTimeField(default=Now)
    failing_since = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    answered = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    def follow(self, rooms: "QuerySet[Room]") -> None:
        """Send what is posted in these rooms: in those that are new from now on, in others from where it is."""
        self.cursors.exclude(room__in=rooms).delete()
        for room in rooms.exclude(pk__in=self.cursors.values("room")):
            last = room.messages.aggregate(seq=Max("changed"))["seq"]  # by room, as then an index has it
            self.cursors.create(room=room, seq=last or 0)

    def may_read(self, room: Room) -> bool:
        """Whether its owner may, now."""
        return may_use(self.owner) and rights(self.owner, room).read


class Cursor(models.Model):
    """How far a webhook has come in a room: the number of the last event that its receiver took."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="cursors")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "room"], name="webhooks_cursor_once")]


def behind() -> "models.QuerySet[Cursor]":
    """The cursors of rooms in which something happened since."""
    return Cursor.objects.filter(Exists(Message.objects.filter(room=OuterRef("room"), changed__gt=OuterRef("seq"))))
