"""A note, its blocks in order, what somebody is writing in them, and what they said before."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from parlour import Ordered
from rooms.markup import trusted
from rooms.models import Attachment, Room
from rooms.names import is_guest, only_as_member


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes, by who may see them."""

    def visible_to(self, person: Any) -> Self:
        """Those that this person may read, deleted ones left out."""
        alone = Q(room=None, access=Note.Access.OPEN) if not only_as_member(person) else Q(pk__in=())
        if not is_guest(person):
            alone |= Q(room=None) & (
                Q(owner=person) | Q(pk__in=Note.members.through.objects.filter(user=person).values("note"))
            )
        rooms = Room.objects.visible_to(person).values("pk")
        return self.filter(alone | Q(room__in=rooms), deleted=None)


class Note(models.Model):
    """One page. In a room its rights are the room's; what a person may do is asked of `notes.permissions`."""

    class Access(models.TextChoices):
        OPEN = "open", _("Everybody reads, people with an account write")
        MEMBERS = "members", _("Members only")

    title = models.CharField(_("Title"), max_length=120)
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="notes", editable=False)
    access = models.CharField(_("Who it is for"), max_length=8, choices=Access, default=Access.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    archived = models.DateTimeField(null=True, editable=False)
    deleted = models.DateTimeField(null=True, editable=False)
    touched = models.DateTimeField(auto_now_add=True, db_index=True)  # when something was last saved in it

    objects = NoteQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("notes:note", args=[self.pk])

    @property
    def stream(self) -> str:
        """The stream of its blocks."""
        return f"note.{self.pk}"

    @property
    def rules(self) -> str:
        """The stream that is touched when its title or its rules change."""
        return f"noterules.{self.pk}"


class Kind(models.TextChoices):
    """What a block is."""

    TEXT = "text", _("Text")
    HEADING = "heading", _("Heading")
    SUBHEADING = "subheading", _("Subheading")
    LIST = "list", _("List")
    CHECK = "check", _("Check item")
    CODE = "code", _("Code")
    IMAGE = "image", _("Image")


SHOWN = Q(deleted=None) & (Q(version__gt=0) | Q(writer__isnull=False))  # one that was never saved shows who writes it


class Block(Ordered):
    """A part of a note. `version` counts what was saved in it, and `writer` holds it until that moment.

    `news` is what was done with it last, for those who listen; empty if only its lease changed.
    """

    note = models.ForeignKey(Note, models.CASCADE, related_name="blocks")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    done = models.BooleanField(default=False)
    image = models.ForeignKey(Attachment, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    edited = models.DateTimeField(null=True)
    deleted = models.DateTimeField(null=True)
    writer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    news = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["note", "changed"], name="notes_block_changed"),
            models.Index(fields=["note", "place"], name="notes_block_in_order"),
            models.Index(fields=["id"], condition=Q(changed__isnull=True), name="notes_block_unnumbered"),
            models.Index(fields=["until"], condition=Q(writer__isnull=False), name="notes_block_written"),
        ]

    def __str__(self) -> str:
        return Truncator(" ".join(self.text.split())).chars(40) or str(Kind(self.kind).label)

    def get_absolute_url(self) -> str:
        return f"{reverse('notes:note', args=[self.note_id])}?block={self.pk}#note-{self.note_id}-{self.pk}"

    @property
    def stream(self) -> str:
        return f"note.{self.note_id}"

    @property
    def is_shown(self) -> bool:
        """As SHOWN has it."""
        return self.deleted is None and (self.version > 0 or self.writer_id is not None)

    @property
    def body(self) -> str:
        """Its markup, made when it was saved."""
        return trusted(self.html)


class Draft(models.Model):
    """What somebody writes in a block and has not saved, begun on its version `base`. Saving or giving up ends it."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    base = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "person"], name="notes_draft_once")]


class Revision(models.Model):
    """What a block said in one version; `aside` what somebody saved while another did, and nobody has taken over."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    aside = models.BooleanField(default=False)
