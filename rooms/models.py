"""A room, its members, what was posted in it, and what else people do there."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import unescape
from types import SimpleNamespace
from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models.functions import Now
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts import audiences
from parlour import Numbered, address, written_out
from rooms import markup
from rooms.names import is_guest, only_as_member
from rooms.object_rules import rules
from rooms.rows import KeptQuery, stored

RESERVED_SLUGS = {"new"}
HEADING_LASTS = timedelta(minutes=5)
SOMEBODY = 2**31 - 5  # nobody's primary key, for which a person's takes its place in SQL that is kept
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def room_key(slug: str) -> str:
    """What the ids on a room's page begin with: its slug, without the `-` that separates a key from a part."""
    return "room-" + slug.replace("-", "_")


class RoomQuerySet(models.QuerySet["Room"]):
    """Rooms, by who may see them."""

    def visible_to(self, person: Any) -> Self:
        """The rooms this person may read, those that they belong to and open ones that let such a person in."""
        open_to_all = models.Q(access=Room.Access.OPEN)
        as_member = models.Q(membership__isnull=False, access__in=Room.MEMBERS_ONLY)
        bans = Restriction.objects.bans().filter(room=models.OuterRef("pk"), person=person.pk)
        rooms = self.filter(~models.Q(models.Exists(bans), has_restrictions=True)) if person.is_authenticated else self
        if only_as_member(person):
            return rooms.with_membership(person).filter(membership__isnull=False).exclude(access=Room.Access.OBJECT)
        if is_guest(person):
            return rooms.filter(open_to_all).exclude(guests=Room.Guests.NONE)
        return rooms.with_membership(person).filter(open_to_all | as_member)

    def nearest_to(self, person: Any) -> Self:
        """In this order: a person's own rooms, those posted in last, the rest by title. Fills `last_pk`.

        Archived ones are left out.
        """
        rooms = self.filter(archived=None).with_last().order_by(models.F("last_pk").desc(nulls_last=True), "title")
        if not person.is_authenticated:
            return rooms
        own = models.Q(membership__isnull=False) | models.Q(owner=person.pk)
        nearness = models.Case(models.When(own, then=0), default=1)
        return rooms.with_membership(person).order_by(nearness, *rooms.query.order_by)

    def with_membership(self, person: Any) -> Self:
        """Each joined with this person's `membership`, if there is one."""
        mine = models.FilteredRelation("memberships", condition=models.Q(memberships__person=person.pk))
        return self.alias(membership=mine)

    def with_position(self, person: Any) -> Self:
        """Each with `read_at`, when this person's position there last moved; None without one."""
        if not person.is_authenticated:
            return self
        position = ReadPosition.objects.filter(room=models.OuterRef("pk"), person=person.pk).values("at")
        return self.annotate(read_at=models.Subquery(position))

    def with_last(self) -> Self:
        """Each with `last_pk`, the primary key of its newest message."""
        newest = Message.objects.filter(room=models.OuterRef("pk"), seq__isnull=False).order_by("-seq").values("pk")[:1]
        return self.annotate(last_pk=models.Subquery(newest))

    def on(self, thing: models.Model) -> "Room":
        """The room on an object, made when it is first asked for; two that ask at once get the same."""
        if thing.pk is None:
            raise ValueError(f"{thing!r} has to be saved before there can be a room on it.")
        kind, title = ContentType.objects.get_for_model(thing), Room.title_of(thing)
        chosen = {"title": title, "access": Room.Access.OBJECT, "guests": Room.Guests.NONE}
        room, fresh = self.get_or_create(content_type=kind, object_id=str(thing.pk), defaults=chosen)
        if not fresh and room.title != title:
            self.filter(pk=room.pk).update(title=title)
        return room

    def at(self, slug: str) -> "Room | None":
        """The room at this address."""
        return self.at_all([slug]).get(slug)

    def at_all(self, slugs: "Iterable[str]") -> "dict[str, Room]":
        """The rooms at these addresses."""
        slugs = [slug for slug in slugs if _SLUG.fullmatch(slug)]
        return {room.slug: room for room in written_out(Room, "slug IN (%s)", slugs)} if slugs else {}


def nearest_rooms(person: Any, first: int, most: int, bare: bool = False) -> "Iterable[Room]":
    """So many rooms that this person may see, from the `first` on, the nearest first; `bare`: primary keys alone."""
    query = _nearest_query(person.is_authenticated, is_guest(person), only_as_member(person), first, most, bare)
    return query.instances({stored(SOMEBODY): stored(person.pk)})


@lru_cache(100)
def _nearest_query(authenticated: bool, guest: bool, as_member: bool, first: int, most: int, bare: bool) -> KeptQuery:
    person = SimpleNamespace(pk=SOMEBODY, is_authenticated=authenticated, is_guest=guest, only_as_member=as_member)
    rooms = Room.objects.visible_to(person).nearest_to(person)
    rooms = rooms.only("pk") if bare else rooms.with_position(person)
    return KeptQuery(rooms[first : first + most])


class Room(models.Model):
    """A chat room, open or for members only. What a person may do in it is asked of `rooms.permissions`."""

    class Access(models.TextChoices):
        OPEN = "open", _("Everybody")
        MEMBERS = "members", _("Members only")
        DIRECT = "direct", _("Those who write to each other")
        OBJECT = "object", _("Who may see its object")

    class Guests(models.TextChoices):
        NONE = "none", _("Stay outside")
        READ = "read", _("May read")
        WRITE = "write", _("May read and write")

    MEMBERS_ONLY = [Access.MEMBERS, Access.DIRECT]

    title = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True, editable=False)
    about = models.CharField(max_length=200, blank=True)
    access = models.CharField(max_length=8, choices=Access, default=Access.OPEN)
    guests = models.CharField(max_length=8, choices=Guests, default=Guests.READ)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="+")
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True, editable=False, related_name="+")
    object_id = models.CharField(max_length=255, blank=True, editable=False)
    people_key = models.CharField(max_length=64, blank=True, editable=False)  # of a direct one: who is in, hashed
    archived = models.DateTimeField(null=True, editable=False)
    slow_mode = models.PositiveSmallIntegerField(default=0, editable=False)  # seconds from one message to one's next
    has_restrictions = models.BooleanField(default=False, editable=False)  # else nobody's have to be looked up
    keep_days = models.PositiveSmallIntegerField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = RoomQuerySet.as_manager()

    # What a query adds, and what the list of rooms shows of each.
    last_pk: int | None
    read_at: datetime | None
    unread: int
    last: "Message | None"
    here: list[Any]
    company: list[dict[str, Any]]  # of a direct one

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id"], name="parlour_rooms_room_of_object_once"),
            models.UniqueConstraint(
                fields=["people_key"], condition=~models.Q(people_key=""), name="parlour_rooms_direct_room_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or self._free_slug()
        if self.people_key:  # whoever wrote there wrote to these people alone
            self.access, self.guests = self.Access.DIRECT, self.Guests.NONE
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Of the page of its object, if that has one, or of a page of its own."""
        of_object = getattr(self.thing, "get_absolute_url", None) if self.is_on_object else None
        return of_object() if of_object else address("parlour_rooms:room", self.slug)

    def site_page(self, name: str) -> str:
        """The address of a page that the site has for it, such as "members"; in other projects its own."""
        try:
            return reverse(f"chat:{name}", args=[self.slug])
        except NoReverseMatch:
            return self.get_absolute_url()

    @staticmethod
    def title_of(thing: models.Model) -> str:
        """What the room on an object is called."""
        return str(thing)[:80]

    @property
    def is_on_object(self) -> bool:
        """Whether it is on an object of another app; else it is one of the site's own."""
        return self.access == self.Access.OBJECT

    @property
    def model(self) -> type[models.Model] | None:
        """The model of its object."""
        if self.content_type_id is None:
            return None
        return ContentType.objects.get_for_id(self.content_type_id).model_class()

    @cached_property
    def thing(self) -> Any:
        """The object that it is on; None if that is gone."""
        return self.model._base_manager.filter(pk=self.object_id).first() if self.model else None

    def _free_slug(self) -> str:
        """ASCII only: it becomes an address, a group's name and part of ids."""
        if self.is_on_object or self.is_direct:
            return get_random_string(16, LETTERS)
        slug = re.sub("[-_]+", "-", slugify(self.title.casefold()))
        slug = slug[:50].rpartition("-")[0] if len(slug) > 50 and "-" in slug[:50] else slug[:50]
        slug = slug.strip("-") or f"room-{get_random_string(6, LETTERS)}"
        while slug in RESERVED_SLUGS or Room.objects.filter(slug=slug).exists():
            slug = f"{slug[:50]}-{get_random_string(4, LETTERS)}"
        return slug

    @property
    def members_only(self) -> bool:
        return self.access in self.MEMBERS_ONLY

    @property
    def is_direct(self) -> bool:
        """Whether it is a conversation of a few people, which has no name but theirs."""
        return self.access == self.Access.DIRECT

    @property
    def stream(self) -> str:
        """The stream of its messages."""
        return f"room.{self.pk}"

    @property
    def people(self) -> str:
        """The stream of who is here, and the name of their leases."""
        return f"people.{self.pk}"

    @property
    def pins(self) -> str:
        """The stream that is touched when another message is pinned, or a pinned one changes."""
        return f"pins.{self.pk}"

    @property
    def reading(self) -> str:
        """The name of the leases of those who have it in front of them."""
        return f"reading.{self.pk}"

    @property
    def rules_stream(self) -> str:
        """The stream that is touched when the room's title or rules change, or the room goes."""
        return f"rules.{self.pk}"

    @property
    def audience(self) -> str:
        """Whom `notify(room, …)` tells: the members."""
        return f"members.{self.pk}"

    @property
    def listeners(self) -> str:
        """The audience of those who want to be told of everything."""
        return f"listeners.{self.pk}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships; those that are made many at once, as `room.members.add(…)` does, are told of too."""

    def bulk_create(self, objs: "Iterable[Any]", *args: Any, **kwargs: Any) -> list[Any]:
        rows: list[Any] = [*objs]
        those = self.filter(room__in={row.room_id for row in rows}, person__in={row.person_id for row in rows})
        known = {*those.values_list("room", "person")}  # already, which `ignore_conflicts` does not say
        saved = {"created": True, "raw": False, "using": self.db, "update_fields": None}
        rows = super().bulk_create(rows, *args, **kwargs)
        for row in rows:
            if (row.room_id, row.person_id) not in known:
                models.signals.post_save.send(Membership, instance=row, **saved)
        return rows


class Membership(models.Model):
    """Somebody who belongs to a room."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person"], name="parlour_rooms_member_once")]

    def __str__(self) -> str:
        return f"{self.person} in {self.room}"


class NotificationLevel(models.Model):
    """How much somebody wants to be told of a room. Without one it is mentions; the first mention makes one."""

    class Level(models.TextChoices):
        EVERYTHING = "everything", _("Everything that is said")
        MENTIONS = "mentions", _("When somebody mentions me")
        NOTHING = "nothing", _("Nothing")

    room = models.ForeignKey(Room, models.CASCADE, related_name="notification_levels")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    level = models.CharField(max_length=10, choices=Level, default=Level.MENTIONS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person"], name="parlour_rooms_notification_level_once")]

    def __str__(self) -> str:
        return f"{self.person} in {self.room}: {self.level}"

    @property
    def audience(self) -> str:
        """This person, as long as they may read the room."""
        if self.room.is_on_object:
            return audiences.person(self.person_id, f"object.{self.room_id}" if self.room.model in rules else "")
        return audiences.person(self.person_id, f"room.{self.room_id}")


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages, by what a new one has to know of them."""

    def newest(self, room: int) -> "Message | None":
        """The last message of a room that has its number."""
        condition = "room_id = %s AND seq IS NOT NULL ORDER BY seq DESC LIMIT 1"
        return next(iter(written_out(Message, condition, room)), None)

    def highest(self, author: Any, page: str) -> int:
        """The highest number stored of what an author sent from a page; 0 without any."""
        table = connection.ops.quote_name(Message._meta.db_table)
        with connection.cursor() as cursor:  # each page that comes back asks; of the condition see `numbered`
            values = [stored(author), page]
            cursor.execute(f"SELECT MAX(n) FROM {table} WHERE author_id = %s AND page = %s AND NOT (page = '')", values)  # noqa: S608
            return cursor.fetchone()[0] or 0

    def numbered(self, keys: Sequence[tuple[Any, str, int]]) -> "Iterable[Message]":
        """Those that have these (author, page, n); an empty page has none.

        The database looks each up in the index of what was sent once: lists of authors, pages and numbers would be
        every combination of theirs, and without the condition word for word SQLite reads all that an author wrote.
        """
        if not keys:
            return ()
        table, values = connection.ops.quote_name(Message._meta.db_table), ", ".join(["(%s, %s, %s)"] * len(keys))
        found = (
            f"WITH sent (author, page, n) AS (VALUES {values}) SELECT {table}.id FROM sent CROSS JOIN {table} "  # noqa: S608  the values are placeholders
            f"WHERE {table}.author_id = sent.author AND {table}.page = sent.page AND {table}.n = sent.n "
            f"AND NOT ({table}.page = '')"
        )
        asked = [part for author, page, n in keys for part in (stored(author), page, n)]
        return written_out(Message, f"id IN ({found})", *asked)


class Message(Numbered):
    """One text in a room. `html` is ready to place; `page` and `n` are the number its writer's page gave it.

    `quote` is of the message it `answers`: {"pk", "author" (primary key), "name", "text"}. `reactions` is who reacted:
    {"👍": [primary key, …]}. `files` says what each of its attachments is. Null stands for none.

    `previous_at` and `heading_at` say how it follows the message before it and which heading it stands under, so
    that every message can be rendered alone and a run shares one heading on every page alike.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    html = models.TextField(editable=False)
    page = models.CharField(max_length=40, blank=True, editable=False)
    n = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField()
    previous_at = models.DateTimeField(null=True, editable=False)
    heading_at = models.DateTimeField(null=True, editable=False)
    edited = models.DateTimeField(null=True, editable=False)
    deleted = models.DateTimeField(null=True, editable=False)
    pinned = models.DateTimeField(null=True, editable=False)
    answers = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="replies")
    quote = models.JSONField(null=True, editable=False)
    reactions = models.JSONField(null=True, editable=False)
    files = models.JSONField(null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    unheard: Any = ""  # why its mentions alerted nobody, for its author, when it has just been posted

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="parlour_rooms_message_in_order"),
            models.UniqueConstraint(
                fields=["author", "page", "n"], condition=~models.Q(page=""), name="parlour_rooms_message_sent_once"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "changed"], name="parlour_rooms_message_changed"),
            models.Index(fields=["room", "created"], name="parlour_rooms_message_created"),
            models.Index(fields=["room"], condition=models.Q(pinned__isnull=False), name="parlour_rooms_pinned"),
            models.Index(fields=["id"], condition=models.Q(changed__isnull=True), name="parlour_rooms_unnumbered"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    def get_absolute_url(self) -> str:
        return self.place_on(self.room.get_absolute_url())

    def place_on(self, page: str) -> str:
        """Its place on this page of its room, which then shows what was posted around it."""
        return f"{page}{'&' if '?' in page else '?'}at={self.pk}#{room_key(self.room.slug)}-{self.pk}"

    def follow(self, previous: "Message | None", at: datetime | None = None) -> None:
        """Say when this was posted, and how it follows the message before it.

        It stands under the heading of its author's messages before it for five minutes, counted from the heading.
        """
        self.created = self.heading_at = at or timezone.now()
        if previous is not None:
            self.previous_at = previous.created
            heading = previous.heading_at or previous.created
            if previous.author_id == self.author_id and self.created - heading < HEADING_LASTS:
                self.heading_at = heading

    @property
    def stream(self) -> str:
        return f"room.{self.room_id}"

    @property
    def body(self) -> SafeString:
        return markup.trusted(self.html)

    @property
    def plain(self) -> str:
        """In one line without markup; of files, whose message has none, their names."""
        if self.deleted:
            return gettext("This message was deleted.")
        return " ".join(unescape(strip_tags(self.html)).split()) or self.text


class Revision(models.Model):
    """What a message said before it was edited. It goes when the message is deleted."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    text = models.TextField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:60]


def unguessable(_attachment: models.Model, _name: str) -> str:
    """Where a file is kept: no name and no type, for whoever serves it by mistake."""
    return f"rooms/{get_random_string(32)}"


class Attachment(models.Model):
    """A file in a message. Until it belongs to one it is its sender's alone."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file = models.FileField(upload_to=unguessable, max_length=200)
    thumbnail = models.FileField(upload_to=unguessable, max_length=200, blank=True)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)  # such as "image/png"
    size = models.PositiveBigIntegerField()  # bytes
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    due = models.DateTimeField(null=True)  # when an image is to be prepared, or what came into no message to go
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["due"], condition=models.Q(due__isnull=False), name="parlour_rooms_attachment_due")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def description(self) -> dict[str, Any]:
        """What its message keeps of it. An image has a width; without a type it is one that could not be read."""
        described = {name: getattr(self, name) for name in ("pk", "name", "type", "size", "width", "height")}
        return {**described, "ready": bool(self.thumbnail)}


class ReadPosition(models.Model):
    """How far somebody has read a room: up to the message with this number."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "room"], name="parlour_rooms_one_position_each")]

    def __str__(self) -> str:
        return f"{self.person} in {self.room}: {self.seq}"


class Draft(models.Model):
    """What somebody has written in a room's box and not sent."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "room"], name="parlour_rooms_one_draft_each")]

    def __str__(self) -> str:
        return self.text[:60]


class Invitation(models.Model):
    """A link by which people with an account become members, until it expires, is used up or revoked."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.CharField(max_length=40, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    most = models.PositiveIntegerField(null=True)  # who may come in by it; null for any number
    used = models.PositiveIntegerField(default=0)
    revoked = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"to {self.room}"


class JoinRequest(models.Model):
    """Somebody asks to be a member."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="join_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person"], name="parlour_rooms_one_request_each")]

    def __str__(self) -> str:
        return f"{self.person} to {self.room}"


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions, by whether they hold."""

    def current(self) -> Self:
        """Those that have not ended."""
        return self.filter(models.Q(until=None) | models.Q(until__gt=Now()))

    def bans(self) -> Self:
        """The current ones of those who may not even read."""
        return self.current().filter(kind=Restriction.Kind.BAN)


class Restriction(models.Model):
    """Somebody is banned from a room, or may not write in it, for a time or (until null) for good.

    A room with slow mode has one of each who wrote a moment ago, which is not counted in `has_restrictions`.
    """

    class Kind(models.TextChoices):
        BAN = "ban", _("Banned")
        MUTE = "mute", _("Muted")
        SLOW = "slow", _("Wrote a moment ago")

    room = models.ForeignKey(Room, models.CASCADE, related_name="restrictions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=Kind)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "person", "kind"], name="parlour_rooms_restricted_once")]

    def __str__(self) -> str:
        return f"{self.person} in {self.room}: {self.kind}"


class ModerationAct(models.Model):
    """What was done to keep order in a room, or reported there. `act` is a name that `rooms.moderation` knows."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="moderation_acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=20)
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.by}: {self.act} {self.person}"
