"""Alerts and their kinds, what each person did about them, and how people want to be alerted."""

from collections.abc import Collection
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from alerts import audiences
from parlour import name_of

_registered: dict[str, "Kind"] = {}


class Kind(NamedTuple):
    """`name` is what `notify` is given, `label` what a person chooses by. Words may be lazy translations.

    `many` is the title of `{n}` alerts together, of which the newest has the `{title}`. A kind of which
    only a `role` is told is offered only to who has it.
    """

    name: str
    label: Any
    many: Any = ""
    role: str = ""

    def register(self) -> "Kind":
        """Offer it in people's preferences. An app registers its kinds in AppConfig.ready."""
        _registered[self.name] = self
        return self

    def title_of(self, n: int, newest: str) -> str:
        """The title of `n` alerts of this kind and one key, of which the newest has the title `newest`."""
        if n == 1:
            return newest
        more = n - 1
        words = self.many or ngettext("{title}, and {more} more", "{title}, and {more} more", more)
        return words.format(n=n, title=newest, more=more)


def registered_kinds() -> list[Kind]:
    """All registered kinds, by label."""
    return sorted(_registered.values(), key=lambda kind: str(kind.label))


def kind_named(name: str) -> Kind:
    """The kind of this name. One that nobody registered gets its label from its name."""
    return _registered.get(name) or Kind(name, name.replace("_", " ").capitalize())


def reference(about: models.Model | None) -> str:
    """An object as an alert's row refers to it: "shop.order:5"; "" for None."""
    return f"{about._meta.label_lower}:{about.pk}" if about is not None else ""


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts, by state and by reader."""

    def open(self) -> Self:
        """Those that are not resolved."""
        return self.filter(resolved__isnull=True)

    def about(self, thing: models.Model) -> Self:
        """Those about this object."""
        return self.filter(about=reference(thing))

    def for_person(self, person: Any) -> Self:
        """Those this person may see, with `seen`, `read` and `archived` as that person has marked them."""
        mine = Mark.objects.filter(alert=OuterRef("pk"), person=person)
        marks = {name: Subquery(mine.values(name)[:1]) for name in ("seen", "read", "archived")}
        return self.filter(audience__in=audiences.of([person.pk])[person.pk]).annotate(**marks)


class Alert(models.Model):
    """One alert for one audience. It costs one row, however many people belong to that audience.

    Alerts of one `kind` and `key` are shown as one line. `about` is the object it is about, with which it is deleted.
    """

    audience = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=100, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    about = models.CharField(max_length=100, blank=True)  # "shop.order:5"
    at = models.DateTimeField(db_index=True)
    resolved = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["audience", "resolved"], name="parlour_alerts_audience"),
            models.Index(fields=["about"], name="parlour_alerts_about"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "kind", "key", "about"],
                condition=Q(resolved__isnull=True) & ~Q(key=""),
                name="parlour_alerts_told_once",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("parlour_alerts:follow", args=[self.pk])

    @property
    def title_now(self) -> str:
        """The title, with the name its actor has now."""
        named = "{actor}" in self.title
        return self.title.replace("{actor}", self.actor_name or gettext("Somebody")) if named else self.title

    @property
    def actor_name(self) -> str:
        """The name that the actor has now; "" without an actor."""
        return name_of(self.actor) if self.actor else ""

    @property
    def kind_label(self) -> str:
        return kind_named(self.kind).label


class Mark(models.Model):
    """What one person did about one alert, and when they were sent it by mail. Until then there is no row."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="marks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen = models.DateTimeField(null=True, blank=True)
    read = models.DateTimeField(null=True, blank=True)
    archived = models.DateTimeField(null=True, blank=True)
    mailed = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "person"], name="parlour_alerts_one_mark_each")]

    def __str__(self) -> str:
        return f"{self.person} on {self.alert}"


class Preference(models.Model):
    """How one person wants to be alerted of one kind. Without a row it is the bell and a toast, and no mail.

    Mail is sent of what came after `mail_since`, when it was chosen.
    """

    class Level(models.TextChoices):
        TOAST = "toast", gettext_lazy("Bell and toast")
        BELL = "bell", gettext_lazy("Bell only")
        NOTHING = "nothing", gettext_lazy("Nothing")

    class Mail(models.TextChoices):
        NO = "", gettext_lazy("No")
        NOW = "now", gettext_lazy("At once")
        DIGEST = "digest", gettext_lazy("In a digest")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    level = models.CharField(max_length=8, choices=Level, default=Level.TOAST)
    mail = models.CharField(max_length=6, choices=Mail, default=Mail.NO, blank=True)
    mail_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="parlour_alerts_one_preference_each")]
        indexes = [models.Index(fields=["person"], condition=~Q(mail=""), name="parlour_alerts_mail")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.level}"


class PersonalSettings(models.Model):
    """What one person chose about alerts of every kind: when they are quiet, and the key of their feed ("": none).

    While somebody is quiet, alerts come by no mail and as no toast, and the bell counts them. Quiet hours begin and end
    each day where the person is; they may last past midnight.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    feed = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "personal settings"

    @property
    def is_snoozed(self) -> bool:
        return self.snoozed_until is not None and timezone.now() < self.snoozed_until

    @property
    def is_quiet(self) -> bool:
        if self.is_snoozed:
            return True
        if self.quiet_from is None or self.quiet_until is None:
            return False
        clock = timezone.now().astimezone(zone_of(self.person)).time()
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until


def zone_of(person: Any) -> ZoneInfo:
    """The zone of a person's times."""
    return ZoneInfo(getattr(person, "zone", "") or settings.TIME_ZONE)


def quiet(people: Collection[Any]) -> set[Any]:
    """Those of these people (primary keys) who are quiet now. One query."""
    may_be = Q(snoozed_until__gt=timezone.now()) | Q(quiet_from__isnull=False)
    rows = PersonalSettings.objects.filter(may_be, person__in=people).select_related("person")
    return {row.pk for row in rows if row.is_quiet}
