"""A person: somebody with an account, a guest, a visitor of a widget, a bot; their sessions, and tokens of programs."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from importlib import import_module
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import names, timezones
from parlour import address


class PersonManager(UserManager["User"]):
    """Finds and makes people."""

    def create_guest(self, display_name: str) -> User:
        """A new guest, who can sign in by no password."""
        guest = self.model(username=f"guest-{secrets.token_hex(8)}", display_name=display_name, kind=User.Kind.GUEST)
        guest.set_unusable_password()
        guest.save()
        return guest

    def bearing(self, names_borne: Collection[str]) -> QuerySet[User]:
        """Those whose names look like one of these."""
        keys = {names.folded(name) for name in names_borne} - {""}
        visitors = Q(kind=User.Kind.VISITOR)  # they are of one widget alone, and their host names them
        return self.filter(Q(username_key__in=keys) | Q(name_key__in=keys)).exclude(visitors)

    def name_is_taken(self, name: str, by_other_than: User | None = None) -> bool:
        """Whether an account, or a bot whose token was not revoked, bears a name that reads like `name`."""
        keys, kept = names.readings(name) - {""}, Q(kind=User.Kind.ACCOUNT) | Q(kind=User.Kind.BOT, is_active=True)
        bearers = self.filter(Q(username_key__in=keys) | Q(name_key__in=keys), kept)
        if by_other_than is not None:
            bearers = bearers.exclude(pk=by_other_than.pk)
        return bearers.exists()


class User(AbstractUser):
    """A person. `time_zone` is an IANA name, "" for the site's; the keys are what the names look like.

    Without a `language` pages are in the browser's, without a `theme` they are light or dark as the browser asks.

    Who `is_muted` may read and not write; who is not `is_active` may do neither.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        GUEST = "guest"
        VISITOR = "visitor"
        BOT = "bot"
        FORMER = "former"  # deleted their account; what they wrote stays

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    GUESTS: ClassVar[dict[str, Any]] = {"kind__in": [Kind.GUEST, Kind.VISITOR]}
    ONLY_AS_MEMBER: ClassVar[dict[str, Any]] = {"kind": Kind.VISITOR}
    MARK_FIELD = "kind"
    NAME_FIELDS: ClassVar[list[str]] = ["display_name"]

    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[names.validate_username],
        error_messages={"unique": _("Somebody has this username already.")},
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.ACCOUNT)
    display_name = models.CharField(max_length=names.LONGEST, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, validators=[timezones.validate])
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)
    theme = models.CharField(max_length=5, blank=True, choices=Theme)
    is_muted = models.BooleanField(default=False, db_default=False, editable=False)
    username_key = models.CharField(max_length=150, blank=True, editable=False, db_index=True)
    name_key = models.CharField(max_length=150, blank=True, editable=False, db_index=True)

    objects: ClassVar[PersonManager] = PersonManager()

    @property
    def name(self) -> str:
        """How this person is shown to others."""
        return self.display_name or self.username

    @property
    def picture(self) -> str:
        """The address of the picture of this person's name."""
        anybodys = 2**62  # no primary key; the address is made once for all
        return address("accounts:avatar", anybodys).replace(str(anybodys), str(self.pk))

    @property
    def zone(self) -> str:
        """The IANA name of the zone that this person chose for their times, "" for the site's."""
        return self.time_zone

    @property
    def is_guest(self) -> bool:
        """True for somebody without an account, who only chose a name or for whom another site vouches."""
        return self.kind in (self.Kind.GUEST, self.Kind.VISITOR)

    @property
    def only_as_member(self) -> bool:
        """True for somebody who may be in no room, open or not, that they are no member of."""
        return self.kind == self.Kind.VISITOR

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the keys in step with the names."""
        self.username_key = names.folded(self.username)[:150]
        self.name_key = names.folded(self.display_name)[:150]
        fields = kwargs.get("update_fields")
        if fields is not None and {"username", "display_name"} & set(fields):
            kwargs["update_fields"] = {*fields, "username_key", "name_key"}
        super().save(*args, **kwargs)


class Session(AbstractBaseSession):
    """A session, and whose it is. `accounts.sessions` stores them."""

    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore

    @property
    def number(self) -> str:
        """What a page may call it: the key itself would let its reader in."""
        return salted_hmac("accounts.Session", self.session_key).hexdigest()[:16]


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, by what they still open."""

    def usable(self) -> Self:
        """Those that have not expired, of people who may sign in."""
        return self.filter(expires__gt=timezone.now(), owner__is_active=True, bot__is_active=True)


class ApiToken(models.Model):
    """With what a program acts as the `bot` of this token's owner. Of the secret only its SHA-256 is kept, in hex."""

    class Scope(models.TextChoices):
        READ = "read", _("Read what is said in its rooms")
        POST = "post", _("Post in its rooms")
        NOTIFY = "notify", _("Notify the staff")

    name = models.CharField(max_length=names.LONGEST)
    owner = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    bot = models.OneToOneField(User, models.CASCADE, related_name="api_token")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)  # of the secret, by which its owner knows it again
    scopes = models.JSONField(default=list)
    rooms = models.ManyToManyField("parlour_rooms.Room", blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="accounts_token_name_once")]

    def __str__(self) -> str:
        return self.name

    def may(self, scope: str) -> bool:
        """Whether its owner gave it this scope, and may still give it."""
        return scope in self.scopes and (scope != self.Scope.NOTIFY or self.owner.is_staff)

    @property
    def has_expired(self) -> bool:
        return self.expires <= timezone.now()

    @property
    def scope_words(self) -> list[Any]:
        return [scope.label for scope in self.Scope if scope in self.scopes]
