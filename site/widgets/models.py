"""A widget, the keys with which its host vouches for people, and its visitors."""

import secrets
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from parlour import Change, live_write
from rooms.models import Membership, Room
from rooms.permissions import rights

UNVOUCHED = "\t"  # begins the subject of who only chose a name, and of nobody whom a site vouches for
MOST_KEYS = 2  # of one widget: the present one, and the next while the host changes over


def new_public_id() -> str:
    """What an address of a widget ends with: 128 random bits in 22 characters."""
    return secrets.token_urlsafe(16)


class Widget(models.Model):
    """What other sites frame. `sites` are the origins that may, one a line, as `widgets.sites` writes them.

    With `apps`, anything may: a WebView without an address is no origin that a browser could compare. A ticket holds
    the `generation` of its widget: with the next one, all that were given are void. `height` is in CSS pixels.
    """

    class Kind(models.TextChoices):
        ROOM = "room", _("A room: everybody who comes is in one of your rooms, with the people who are there.")
        DESK = "desk", _("A desk: each visitor has a conversation of their own with your staff.")
        BELL = "bell", _("A bell: each person sees their own alerts.")

    class Access(models.TextChoices):
        ANYONE = "anyone", _("Anyone, as a visitor")
        VOUCHED = "vouched", _("Only people the site vouches for")

    class Accent(models.TextChoices):
        TEAL, BLUE, VIOLET = "teal", "blue", "violet"
        ROSE, GREEN, SLATE = "rose", "green", "slate"

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the visitor's device")
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.ROOM)
    room = models.ForeignKey(Room, models.CASCADE, null=True, blank=True, related_name="+")  # of kind room alone
    title = models.CharField(max_length=80)
    sites = models.TextField(blank=True)
    apps = models.BooleanField(default=False)
    access = models.CharField(max_length=7, choices=Access, default=Access.ANYONE)
    may_write = models.BooleanField(default=True)
    accent = models.CharField(max_length=6, choices=Accent, default=Accent.TEAL)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    height = models.PositiveSmallIntegerField(default=560, validators=[MinValueValidator(240), MaxValueValidator(2000)])
    is_on = models.BooleanField(default=True)
    generation = models.PositiveIntegerField(default=1, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title

    @property
    def head(self) -> str:
        """The head that guards every region of it: it moves when it is changed, and when its sessions end."""
        return f"widget.{self.pk}"

    @property
    def is_shown(self) -> bool:
        """Whether it is switched on, and its room, if it has one, still lets guests in."""
        return self.is_on and (self.room is None or rights(AnonymousUser(), self.room).read)

    @property
    def by_vouching(self) -> bool:
        """Whether nobody gets in for whom its host does not vouch."""
        return self.access == self.Access.VOUCHED


class VouchingKey(models.Model):
    """What checks the tokens with which a host vouches for people: a secret shared with it, or its public key (PEM)."""

    class Algorithm(models.TextChoices):
        HS256 = "HS256", _("A secret that both sites know (HS256)")
        EDDSA = "EdDSA", _("A public key of yours (EdDSA)")

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="keys")
    kid = models.CharField(max_length=16, unique=True, editable=False)
    algorithm = models.CharField(max_length=5, choices=Algorithm, default=Algorithm.HS256)
    material = models.TextField(editable=False)
    created = models.DateTimeField(auto_now_add=True)


class VisitorQuerySet(models.QuerySet["Visitor"]):
    """Visitors."""

    def with_related(self) -> Self:
        """Each with its widget, person, rooms, and who is assigned."""
        return self.select_related("widget__room", "user", "room", "assigned")

    def with_access(self) -> Self:
        """Without those whom the staff of a desk put out of their conversation."""
        member = models.Exists(Membership.objects.filter(room=models.OuterRef("room"), person=models.OuterRef("user")))
        return self.with_related().exclude(~member, widget__kind=Widget.Kind.DESK)


class Visitor(models.Model):
    """Somebody behind one widget: `subject` is who the host says it is, or a random name of ours.

    `room` is the conversation with the staff at a desk, `assigned` who of them looks after it.
    """

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="visitors")
    subject = models.CharField(max_length=255)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visitor")
    room = models.OneToOneField(Room, models.SET_NULL, null=True, related_name="visitor")
    assigned = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    objects = VisitorQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["widget", "subject"], name="widgets_subject_once")]

    @property
    def is_vouched(self) -> bool:
        """Whether a site said who this is; else they chose a name, which may be anybody's."""
        return not self.subject.startswith(UNVOUCHED)

    @property
    def conversation(self) -> Room | None:
        """Where they talk: the widget's room, or at a desk a conversation of their own with the staff."""
        return self.room if self.widget.kind == Widget.Kind.DESK else self.widget.room


@live_write
def store(change: Change, widget: Widget) -> None:
    """Save what can be edited; pages of the widget check within two seconds whether they may still be there."""
    edited = [field.name for field in Widget._meta.fields if field.editable and not field.primary_key]
    widget.save(update_fields=None if widget.pk is None else edited)
    change.touch(widget.head)


@live_write
def end_sessions(change: Change, widget: Widget) -> None:
    """Make every ticket of a widget void."""
    Widget.objects.filter(pk=widget.pk).update(generation=models.F("generation") + 1)
    change.touch(widget.head)


@live_write
def delete(change: Change, widget: Widget) -> None:
    """Delete a widget with its keys. What was said stays with the staff."""
    change.touch(widget.head)
    widget.delete()
