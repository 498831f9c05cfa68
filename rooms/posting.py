"""Posting: one function for sockets and plain forms, many texts a commit, each stored once.

What arrives while a commit runs goes into the next one. Only where the last one held several does the first of the next
wait a moment for others, so that a lone message never does.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from time import sleep
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parlour import Change, by_pk, live_write, rate_limit, shared_layer
from parlour import submit as submit_work
from rooms import markup, mentions, replies, restrictions
from rooms.markup import TextRejected
from rooms.models import Membership, Message, Room
from rooms.permissions import READER, Rights, needs_membership, rights
from rooms.restrictions import Restricted
from rooms.rows import stored
from rooms.send_once import NumberedText

POST_RATE = "10/40"  # by one person: a second / at once; a project's ROOMS_POST_RATE overrides it
NO_RIGHT = _("You may not write in this room any more.")
TOO_FAST = _("You are faster than this room can read. Wait a moment, then send it again.")
COMMIT_WITHIN = 20  # seconds, which callers wait for the outcome
posted = Signal()  # sent with the `change` of a commit and the new messages in it, `rows`
Key = tuple[Any, str, int]  # author, page, n
Outcome = Message | TextRejected
MOST = 128  # texts, before a commit takes no further submission
GATHERING = 0.002  # seconds that a text waits for others, if the last commit had several


class PreparedText(NamedTuple):
    """A text that `author` posts in `room` (primary keys), cleaned, with its markup and the people it mentions."""

    room: int
    author: Any
    text: NumberedText
    html: str
    mentioned: frozenset[Any] = frozenset()
    files: Sequence[dict[str, Any]] = ()  # descriptions of attachments

    @property
    def keys(self) -> tuple[Key, Key]:
        """Where it is kept: under its own number, or, if another text of that number came first, beside it."""
        page, n = self.text.page, self.text.n
        return (self.author, page, n), (self.author, page_beside(self.room, self.text), n)


def prepare(room: int, author: Any, text: NumberedText) -> PreparedText:
    """Clean a text and make its markup. Raises TextRejected."""
    cleaned = markup.clean_text(text.text)
    people = mentions.named_in(cleaned, room, author) if "@" in cleaned else {}
    html, mentioned = markup.to_html(cleaned, people)
    return PreparedText(room, author, text._replace(text=cleaned), html, mentioned)


@lru_cache(1000)
def page_beside(room: int, text: NumberedText) -> str:
    """The page id for a text whose number was taken by another tab's: always the same for the same text."""
    return hashlib.sha256(f"{room}/{text.page}/{text.n}/{text.text}".encode()).hexdigest()[:32]


@live_write
def post(change: Change, prepared: Sequence[PreparedText | TextRejected]) -> list[Outcome]:
    """Store these, in this order. A repeat gives the message that is there; what is not allowed gives TextRejected."""
    batch = _Batch([each for each in prepared if isinstance(each, PreparedText)])
    outcomes = [batch.outcome(change, each) if isinstance(each, PreparedText) else each for each in prepared]
    change.when_numbered(batch.place)
    new = {id(row) for row in change.added}
    pairs = zip(outcomes, prepared, strict=True)
    rows = [(row, each.mentioned) for row, each in pairs if isinstance(each, PreparedText) and id(row) in new]
    mentions.alert(change, rows)
    posted.send(Message, change=change, rows=[row for row, _ in rows])
    return outcomes


class _Batch:
    """What the database knows about a batch of texts, asked once for all of them."""

    def __init__(self, prepared: Sequence[PreparedText]) -> None:
        writers = {new.author for new in prepared}
        self.authors = by_pk(get_user_model(), map(stored, writers))
        self.rooms = by_pk(Room, {new.room for new in prepared})
        people = self.authors.values()
        asked = [pk for pk, room in self.rooms.items() if any(needs_membership(each, room) for each in people)]
        self.members: set[tuple[int, Any]] = set()
        if asked:
            members = Membership.objects.filter(room__in=asked, person__in=writers)
            self.members.update(members.values_list("room", "person"))
        self.restricted = restrictions.for_posting(self.rooms.values(), writers)
        earlier = Message.objects.numbered([key for new in prepared if new.text.page for key in new.keys])
        self.known: dict[Key, Message] = {(row.author_id, row.page, row.n): row for row in earlier}
        self.too_fast = {author for author in writers if _is_too_fast_elsewhere(author)}
        self.new: list[Message] = []
        self.answered = replies.answered((new.room, new.text.answers) for new in prepared if new.text.answers)

    def outcome(self, change: Change, new: PreparedText) -> Outcome:
        """Take one text into the change, or say why not."""
        room, author = self.rooms.get(new.room), self.authors.get(new.author)
        if room is None:
            return TextRejected(_("This room is gone."))
        allowed = rights(author, room, (room.pk, author.pk) in self.members, self.restricted) if author else READER
        if not allowed.write:
            return _why_not(allowed, room)
        if earlier := self._stored(new):
            return earlier
        if new.author in self.too_fast:
            return TextRejected(TOO_FAST)
        if room.slow_mode and not allowed.manage:
            if wait := self.restricted.get((room.pk, new.author, restrictions.Kind.SLOW)):
                return Restricted(wait)
            restrictions.begin_wait(change, self.restricted, room, author)
        own, beside = new.keys
        key = beside if own in self.known else own
        row = Message(room=room, author=author, text=new.text.text, html=new.html, page=key[1], n=key[2])
        row.files = [*new.files] or None
        replies.answer(row, self.answered.get((room.pk, new.text.answers)))
        self.new.append(row)
        change.add(row)
        if row.page:
            self.known[key] = row
        return row

    def place(self) -> None:
        """Say when the new messages were posted, and how each follows the one before it in its room."""
        newest = {room: Message.objects.newest(room) for room in {row.room_id for row in self.new}}
        for row in self.new:
            row.follow(newest[row.room_id])
            newest[row.room_id] = row

    def _stored(self, new: PreparedText) -> Message | None:
        """The message that a repeat is of."""
        found = (self.known[key] for key in new.keys if key in self.known)
        return next((row for row in found if (row.text, row.room_id) == (new.text.text, new.room)), None)


def _why_not(allowed: Rights, room: Room) -> TextRejected:
    if room.archived:
        return TextRejected(_("This room is archived: it can be read, and nobody writes in it any more."))
    return Restricted(allowed.restriction) if allowed.restriction else TextRejected(NO_RIGHT)


def _is_too_fast_elsewhere(author: Any) -> bool:
    """Whether all processes together stored more than one may in a while; asked only about those who are fast here.

    From a full bucket one process stores, while that fills once, twice what it holds.
    """
    bucket = _bucket(author)
    if bucket.level > bucket.size / 2 or not shared_layer():
        return False
    rows, most = Message.objects.filter(author=author).order_by("-pk"), 2 * int(bucket.size)
    since = timezone.now() - timedelta(seconds=bucket.size / bucket.rate)
    return any(at > since for at in rows.values_list("created", flat=True)[most - 1 : most])


def _bucket(author: Any) -> Any:
    return rate_limit("post", author, getattr(settings, "ROOMS_POST_RATE", POST_RATE))


class Submission(NamedTuple):
    """What was submitted together."""

    prepared: Sequence[PreparedText | TextRejected]
    future: "Future[list[Outcome]]"


class GroupCommit:
    """Gathers texts for `write`, which takes a list of them and returns a list of outcomes in the same order.

    What is submitted together is stored together or not at all: a later text of a page never goes before an earlier
    one that failed. A group that fails is written again, each submission by itself, so that one fails alone.
    """

    def __init__(self, write: Callable[[Sequence[PreparedText | TextRejected]], Sequence[Outcome]]) -> None:
        self.write = write
        self.waiting: deque[Submission] = deque()
        self.lock = threading.Lock()
        self.running = self.shared = False

    def submit(self, prepared: Sequence[PreparedText | TextRejected], waits: bool = True) -> "Future[list[Outcome]]":
        """Take `prepared` texts into the next commit, together. The future holds their outcomes, or the error.

        A caller that waits does the commit itself where none runs, and may be inside a transaction. An event loop does
        not wait: its commits are for the engine's threads, as is whatever arrives while one runs.
        """
        submission = Submission(prepared, Future())
        if waits and connection.in_atomic_block:
            self._write([submission])
            return submission.future
        with self.lock:
            self.waiting.append(submission)
            start, self.running = not self.running, True
        if start and waits:
            self._commit(self._next())
            start = not self._stopped()
        if start:
            submit_work(self._drain)
        return submission.future

    def _drain(self) -> None:
        if self.shared:
            sleep(GATHERING)
        while not self._stopped():
            self._commit(self._next())

    def _stopped(self) -> bool:
        """Whether nothing waits; then the next submission starts a commit of its own."""
        with self.lock:
            self.running = bool(self.waiting)
            return not self.running

    def _next(self) -> list[Submission]:
        group: list[Submission] = []
        with self.lock:
            while self.waiting and sum(len(each.prepared) for each in group) < MOST:
                group.append(self.waiting.popleft())
        self.shared = len(group) > 1
        return group

    def _commit(self, group: list[Submission]) -> None:
        wanted = [each for each in group if each.future.running() or each.future.set_running_or_notify_cancel()]
        try:
            self._write(wanted)
        except Exception:
            for each in wanted:  # another process may have stored the same meanwhile: each is tried once more
                try:
                    self._write([each])
                except Exception as error:
                    each.future.set_exception(error)

    def _write(self, group: list[Submission]) -> None:
        outcomes = iter(self.write([new for each in group for new in each.prepared]) if group else ())
        for each in group:
            each.future.set_result(list(islice(outcomes, len(each.prepared))))


commits = GroupCommit(post)


def submit(
    person: Any, room: int, texts: Sequence[NumberedText], waits: bool = True, files: Sequence[dict[str, Any]] = ()
) -> "Future[list[Outcome]]":
    """Hand a page's texts to the next commit, all or none, in their order; sockets and plain forms alike.

    With `files`, described as a message has them, there is one text, their names, of which no markup is made.

    It makes markup and commits, which takes a while. An event loop calls it with `waits` False, and for plain texts.
    """
    if not person.is_authenticated:
        return completed([TextRejected(_("Choose a name first, then you can write here."))] * len(texts))
    if not _bucket(person.pk).take(len(texts)):
        return completed([TextRejected(TOO_FAST)] * len(texts))
    prepared: list[PreparedText | TextRejected] = []
    for text in texts:
        try:
            prepared.append(
                PreparedText(room, person.pk, text, "", files=files) if files else prepare(room, person.pk, text)
            )
        except TextRejected as why:
            prepared.append(why)
    rejected = [each for each in prepared if isinstance(each, TextRejected)]
    return completed(rejected) if len(rejected) == len(prepared) else commits.submit(prepared, waits)


def completed(outcomes: Sequence[Outcome]) -> "Future[list[Outcome]]":
    """A submission whose outcomes are known already."""
    future: Future[list[Outcome]] = Future()
    future.set_result([*outcomes])
    return future
