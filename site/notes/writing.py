"""What is done in a note: each verb under the note's lock, so that versions and places are decided one at a time.

Nothing typed is lost: before any verb what stands in the pane is kept as a draft, and what is saved into a conflict
goes into the history at once.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partialmethod
from typing import Any, NamedTuple
from zlib import crc32

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts import audiences, delete_alerts, notify, resolve
from alerts.models import Alert
from notes.markdown import Piece, cleaned, joined, marked_up, pieces
from notes.models import SHOWN, Block, Draft, Kind, Note, Revision
from notes.permissions import rights
from parlour import Change, Denied, live_write, name_of
from rooms.models import NotificationLevel
from rooms.rows import sent_pk

HOLDS = timedelta(seconds=60)  # a lease, after the last sign of its writer
RELOADS = timedelta(seconds=10)  # after their page was closed
RESTORABLE = timedelta(days=30)  # a deleted note
LONGEST = 100_000  # characters of a draft
MOST = 10_000  # blocks of a note
NOT_HERE = gettext_lazy("This block is not there any more.")
READ_ONLY = gettext_lazy("You may not write here any more. What you typed stays in the box: copy it.")


class Refused(Exception):
    """Something that was not done, with the reason in words, and what the pane shows meanwhile, if that changes."""

    def __init__(self, words: Any, pane: "Pane | None" = None) -> None:
        super().__init__(words)
        self.pane = pane


class Pane(NamedTuple):
    """What the pane shows: the editor, a conflict, tools, what was saved or deleted, or nothing."""

    state: str = ""
    block: Block | None = None
    draft: Draft | None = None
    pressed: str = ""  # the button that keeps the focus


def typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the pane that a page sent, with the version it is based on."""
    text: dict[str, Any] = {}
    if "text" in fields:
        text = {"text": fields["text"].replace("\0", "").replace("\r\n", "\n")[:LONGEST]}
        text["base"] = sent_pk(fields.get("base"))
    return {**text, "kind": fields["kind"]} if fields.get("kind") in Kind.values else text


def digest(kind: str = "", text: str = "", **_: Any) -> str:
    """What tells whether something was typed in a pane since it was filled or kept: on other devices more may be."""
    return f"{crc32(f'{kind} {text}'.encode()):x}"


def keep(person: Any, note: int, fields: Mapping[str, str]) -> None:
    """Keep what is typed in the pane, whatever its writer may do by now, and hold its block a while longer.

    A draft that was ended meanwhile, by saving it, does not begin again.
    """
    drafts = Draft.objects.filter(pk=sent_pk(fields.get("draft")), person=person.pk, block__note=note)
    text = typed(fields)
    if text and digest(**text) != fields.get("given") and drafts.update(**text, at=timezone.now()):
        held = Block.objects.filter(drafts__in=drafts.values("pk"), writer=person.pk)
        held.update(until=timezone.now() + HOLDS)


@live_write
def act(change: Change, person: Any, pk: int, verb: str, fields: Mapping[str, str], *given: Any) -> Pane:
    """Do a verb, with what is given or the primary key in its field. Raises Refused, TextRejected, Denied, Http404."""
    note = Note.objects.select_for_update(of=("self",), no_key=True).select_related("room").filter(pk=pk).first()
    if note is None or not rights(person, note).write:
        raise Denied(4003, str(READ_ONLY))
    return getattr(Writing(change, note, person, fields), verb)(*given or [sent_pk(fields.get(verb))])


class Writing:
    """What one person does in a note that is locked."""

    def __init__(self, change: Change, note: Note, person: Any, fields: Mapping[str, str]) -> None:
        self.change, self.note, self.person, self.fields = change, note, person, fields
        self.now = timezone.now()
        self.shown: set[int] = set()  # primary keys of blocks that were shown when they were read

    # Verbs, each with the primary key that its button has

    def add(self, pk: int) -> Pane:
        """A new block after this one, or at the end."""
        above = self._block(pk) if pk else None
        [place] = self._numbers_after(above.pk if above else None)
        kind = above.kind if above and above.kind in (Kind.LIST, Kind.CHECK) else Kind.TEXT
        lease = {"writer": self.person, "until": self.now + HOLDS}
        block = Block(note=self.note, kind=kind, place=place, author=self.person, **lease)
        draft = Draft(block=block, person=self.person, kind=kind)
        self.change.add(block)
        self.change.then(draft.save)
        return Pane("editor", block, draft)

    def edit(self, pk: int) -> Pane:
        block = self._block(pk)
        if block.deleted:
            raise Refused(NOT_HERE)
        self._refuse_held(block)
        draft = self._draft(block)
        if block.revisions.filter(version=draft.base, text=draft.text, aside=False):  # nothing was typed
            draft.text, draft.kind, draft.base = block.text, block.kind, block.version
        draft.save()
        if block.writer_id != self.person.pk:
            self._hold(block)
        return Pane("editor", block, draft)

    def keep(self, pk: int) -> Pane:
        """What was typed is kept already; a lease that ran out meanwhile is taken again."""
        block = self._block(pk)
        draft = Draft.objects.filter(block=block, person=self.person).first()
        if draft and block.writer is None and block.deleted is None:
            self._hold(block)
        return Pane("kept", block, draft)

    def save(self, pk: int, split: bool = False, both: bool = False, image: int = 0) -> Pane:
        """Save what was typed, if nobody else saved since it was begun; else both stand side by side.

        Those whom only the new text mentions are alerted. Of an `image`, a primary key, the text is the caption.
        """
        block = self._block(pk)
        draft = self._draft(block)
        base = draft.base
        if block.deleted and "revive" not in self.fields:
            raise Refused(_("It was deleted meanwhile. What you wrote is here."), Pane("deleted", block, draft))
        if image:
            draft.kind = Kind.IMAGE
        text = cleaned(draft.kind, draft.text)
        parts = [cleaned(draft.kind, part) for part in pieces(draft.kind, text)] if split else [text]
        if both and base == block.version:
            parts = [joined(draft.kind, block.text, text)]
        conflict = base != block.version and (image or (text, draft.kind) != (block.text, block.kind))
        if image and not (conflict and block.kind == Kind.IMAGE):  # theirs stays until it is replaced on purpose
            block.image_id = image
        if conflict:
            kept = {"version": base, "kind": draft.kind, "text": text, "author": self.person, "aside": True}
            block.revisions.get_or_create(**kept)
            draft.save()
            draft.base = block.version  # of this answer alone, for it may be lost
            if block.image_id == image:
                self._put(block, "image")
            return Pane("conflict", block, draft)
        self._alert(block, draft.kind, text)
        self._store(block, draft.kind, parts[0], *(["image"] if image else []))
        Draft.objects.filter(block=block, person=self.person).delete()
        if parts[1:]:
            self.append([(draft.kind, part, False) for part in parts[1:]], block.pk)
        return Pane("saved", block, pressed="add")

    split = partialmethod(save, split=True)
    both = partialmethod(save, both=True)

    def cancel(self, pk: int) -> Pane:
        """Give up a draft. A block in which nothing was ever saved goes with it."""
        block = self._block(pk)
        Draft.objects.filter(block=block, person=self.person).delete()
        if block.writer_id == self.person.pk:
            block.writer = block.until = None
            self._put(block)
        return Pane("tools", block) if block.is_shown else Pane()

    theirs = cancel

    def _move(self, by: int, pk: int) -> Pane:
        block, order = self._block(pk), self._order()
        at = order.index(pk) + by if pk in order else -1
        if not 0 <= at < len(order):
            raise Refused(_("It is the first.") if by < 0 else _("It is the last."))
        order.remove(pk)
        [block.place] = self.note.blocks.numbers_after(order[at - 1] if at else 0)
        self.shown.discard(pk)
        self._put(block, news="moved")
        return Pane("tools", block, pressed="up" if by < 0 else "down")

    up = partialmethod(_move, -1)
    down = partialmethod(_move, 1)

    def join(self, pk: int) -> Pane:
        """Put a block's text under that of the block above it."""
        block, order = self._block(pk), self._order()
        at = order.index(pk) if pk in order else 0
        if at < 1:
            raise Refused(_("There is nothing above it."))
        above = self._block(order[at - 1])
        for each in (above, block):
            self._refuse_held(each)
            if each.kind == Kind.IMAGE or not each.version:
                raise Refused(_("These two cannot be joined."))
        self._store(above, above.kind, joined(above.kind, above.text, block.text))
        self._remove(block)
        return Pane("tools", above)

    def delete(self, pk: int) -> Pane:
        block = self._block(pk)
        if not block.deleted:
            self._remove(block)
        return Pane("tools", block)

    def restore(self, pk: int) -> Pane:
        """Put a deleted block back where it stood."""
        block = self._block(pk)
        if block.deleted:
            block.deleted = None
            self._put(block, "deleted", news="restored")
        return Pane("tools", block)

    def tick(self, pk: int) -> Pane:
        block = self._block(pk)
        if block.kind != Kind.CHECK or block.deleted:
            raise Refused(NOT_HERE)
        block.done = not block.done
        self._put(block, "done", news="ticked" if block.done else "unticked")
        return Pane("kept")

    def back(self, pk: int) -> Pane:
        """Say again what a revision said; what stood there stays in the history."""
        revision = Revision.objects.filter(pk=pk, block__note=self.note).first()
        if revision is None:
            raise Http404
        block = self._block(revision.block_id)
        self._store(block, revision.kind, revision.text)
        return Pane("saved", block, pressed="add")

    def tools(self, pk: int) -> Pane:
        return Pane("tools", self._block(pk))

    def close(self, pk: int) -> Pane:
        return Pane(pressed="close")

    # What they are made of

    def append(self, new: Sequence[Piece], above: int | None = None) -> Pane:
        """Add these after a block, or at the end."""
        known = {"note": self.note, "version": 1, "author": self.person, "edited": self.now, "news": "added"}
        blocks = []
        for (kind, text, done), place in zip(new, self._numbers_after(above, len(new)), strict=True):
            text = cleaned(kind, text)
            html, _mentioned = marked_up(kind, text, self._may_read)
            blocks.append(Block(kind=kind, text=text, html=html, done=done, place=place, **known))
            self.change.add(blocks[-1])
        self.change.then(lambda: Revision.objects.bulk_create(map(self._revision, blocks)))
        self._touch()
        return Pane()

    def set_image(self, pk: int, image: int) -> Pane:
        return self.save(pk, image=image)

    def _block(self, pk: int) -> Block:
        block = self.note.blocks.select_related("writer", "author").filter(pk=pk, seq__isnull=False).first()
        if block is None:
            raise Http404
        if block.is_shown:
            self.shown.add(pk)
        return block

    def _draft(self, block: Block) -> Draft:
        """This person's draft of a block, as the page has it if it was ended elsewhere."""
        begun = Draft(block=block, person=self.person, text=block.text, kind=block.kind, base=block.version)
        draft = Draft.objects.filter(block=block, person=self.person).first() or begun
        if sent_pk(self.fields.get("block")) == block.pk:
            vars(draft).update(typed(self.fields))
        return draft

    def _refuse_held(self, block: Block) -> None:
        if block.writer and block.writer_id != self.person.pk and block.until and block.until > self.now:
            words = _("{name} writes here. You can when it is saved, or after a minute of silence.")
            raise Refused(words.format(name=name_of(block.writer)))

    def _hold(self, block: Block) -> None:
        block.writer, block.until = self.person, self.now + HOLDS
        self._put(block)

    def _put(self, block: Block, *fields: str, news: str = "") -> None:
        """Save a block and tell of it; one that was not shown and is now comes to its place anew."""
        block.news = news
        if news:
            block.author, block.edited = self.person, self.now
            self._touch()
        write = self.change.move if block.is_shown and block.pk not in self.shown else self.change.edit
        write(block, "writer", "until", "news", "author", "edited", *fields)

    def _touch(self) -> None:
        Note.objects.filter(pk=self.note.pk).update(touched=self.now)

    def _store(self, block: Block, kind: str, text: str, *fields: str) -> None:
        """Give a block a new text, which is its next version; one that was deleted comes back."""
        block.deleted = None
        if block.writer_id == self.person.pk:
            block.writer = block.until = None
        news = "changed" if block.version else "added"
        if (kind, text) == (block.kind, block.text) and block.version and not fields and block.pk in self.shown:
            self._put(block)
            return
        block.html, _mentioned = marked_up(kind, text, self._may_read)
        block.kind, block.text, block.version = kind, text, block.version + 1
        self._put(block, "kind", "text", "html", "version", "deleted", *fields, news=news)
        self._revision(block).save()

    def _revision(self, block: Block) -> Revision:
        return Revision(block=block, version=block.version, kind=block.kind, text=block.text, author=self.person)

    def _remove(self, block: Block) -> None:
        block.deleted, block.writer, block.until = self.now, None, None
        self._put(block, "deleted", news="deleted")
        resolve(block)

    def _numbers_after(self, above: int | None, many: int = 1) -> list[int]:
        """Numbers for so many new blocks after this one, or at the end."""
        if self.note.blocks.count() + many > MOST:
            raise Refused(_("That is too much for this note. Begin another one."))
        return self.note.blocks.numbers_after(above, many)

    def _order(self) -> list[int]:
        """The shown blocks in order."""
        shown = self.note.blocks.filter(SHOWN, seq__isnull=False).order_by("place", "pk")
        return list(shown.values_list("pk", flat=True))

    def _may_read(self, person: Any) -> bool:
        return rights(person, self.note).read

    def _alert(self, block: Block, kind: str, text: str) -> None:
        """Alert those whom a new text mentions and the old one does not. The title is in the language of the site."""
        if "@" not in text:
            return
        old, new = (marked_up(*each, self._may_read)[1] for each in ((block.kind, block.text), (kind, text)))
        people = {*new} - {*old, self.person.pk}
        with translation.override(settings.LANGUAGE_CODE):
            title = _("{actor} mentioned you in the note “{note}”").replace("{note}", self.note.title)
        for person in get_user_model()._default_manager.filter(pk__in=people, is_active=True):
            to: Any = person
            if self.note.room:  # it is shown while they may read there
                to, _level = NotificationLevel.objects.get_or_create(room=self.note.room, person=person)
            notify(to, "mention", title, about=block, key=f"note.{self.note.pk}", actor=self.person)


VERBS = [name for name in vars(Writing) if name[0] != "_" and name not in ("append", "set_image")]
STATES = {"archive": "archived", "unarchive": "archived", "remove": "deleted", "recover": "deleted"}


@live_write
def save_note(change: Change, form: Any) -> None:
    """Save what was filled in about a note, and have the rights of its readers asked for again."""
    note = form.save()
    if "people" in form.cleaned_data:
        inactive = note.members.filter(is_active=False)  # the form does not name them
        note.members.set([*form.cleaned_data["people"], *inactive])
        _delete_alerts_of_others(note)
    change.touch(note.rules)


def _delete_alerts_of_others(note: Note) -> None:
    """Whoever may not read a note that stands alone any more is told nothing of it."""
    told = Alert.objects.filter(kind="mention", key=f"note.{note.pk}")
    people = {audience.removeprefix("user.") for audience in told.values_list("audience", flat=True)}
    for person in get_user_model()._default_manager.filter(pk__in=people):
        if not rights(person, note).read:
            delete_alerts(told.filter(audience=audiences.person(person.pk)))


@live_write
def set_state(change: Change, note: Note, state: str) -> None:
    """Archive a note or delete it, or undo that."""
    field = STATES[state]
    setattr(note, field, timezone.now() if state in ("archive", "remove") else None)
    note.save(update_fields=[field])
    change.touch(note.rules)
    if note.deleted:
        resolve(kind="mention", key=f"note.{note.pk}")


def visit(person: Any, note: Note, until: timedelta) -> None:
    """Somebody opened a page of a note, or closed one: their leases hold so long from now."""
    Block.objects.filter(note=note, writer=person.pk).update(until=timezone.now() + until)


def look(**_: Any) -> None:
    """End the leases of silent writers, and delete what was deleted long ago; called every few seconds."""
    silent = Block.objects.filter(writer__isnull=False, until__lt=timezone.now())
    for note in set(silent.values_list("note", flat=True)[:100]):
        _end_leases(note)
    for old in Note.objects.filter(deleted__lt=timezone.now() - RESTORABLE)[:10]:
        old.delete()


@live_write
def _end_leases(change: Change, pk: int) -> None:
    note = Note.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    for block in note.blocks.filter(writer__isnull=False, until__lt=timezone.now(), seq__isnull=False):
        block.writer, block.until, block.news = None, None, ""
        change.edit(block, "writer", "until", "news")
