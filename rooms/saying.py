"""Saying something: one verb for sockets and plain forms, many texts a commit, each stored once."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.utils import timezone

from parlour import Change, live_write, rate_limit
from parlour.composer import NumberedText
from parlour.conf import conf
from parlour.groups import Group
from rooms import access, mentions, words
from rooms.models import Message, Room
from rooms.words import TextRejected

RUN = timedelta(minutes=5)
TOO_FAST = "You are faster than this room can read. Wait a moment, then send it again."
Key = tuple[int, str, int]


class Draft(NamedTuple):
    """What `author` (a primary key) wants to say in `room` (a primary key): cleaned text and ready markup."""

    room: int
    author: int
    said: NumberedText
    html: str
    meant: frozenset[int] = frozenset()  # the people it mentions

    @property
    def keys(self) -> tuple[Key, Key]:
        """Where it is kept: under its own number, or, if another text of that number came first, beside it."""
        said = self.said
        return (self.author, said.page, said.n), (self.author, beside(self.room, said), said.n)


def draft(room: int, author: int, said: NumberedText) -> Draft:
    """Clean a text and make its markup. Raises TextRejected."""
    text = words.cleaned(said.text)
    html, meant = mentions.marked(text, Room.objects.filter(pk=room).first() if "@" in text else None)
    return Draft(room, author, said._replace(text=text), html, meant)


def beside(room: int, said: NumberedText) -> str:
    """The page id for a text whose number was taken by another tab's: always the same for the same text."""
    return hashlib.sha256(f"{room}/{said.page}/{said.n}/{said.text}".encode()).hexdigest()[:32]


@live_write
def post(change: Change, drafts: Sequence[Draft]) -> list[Message | TextRejected]:
    """Say these, in this order. A repeat gives the message that is there; what may not be said gives TextRejected."""
    authors = get_user_model()._default_manager.in_bulk({draft.author for draft in drafts})
    rooms = Room.objects.in_bulk({draft.room for draft in drafts})
    known = _known(drafts)
    last = {pk: room.messages.filter(seq__isnull=False).order_by("-seq").first() for pk, room in rooms.items()}
    outcomes = [_one(change, draft, rooms.get(draft.room), authors.get(draft.author), known, last) for draft in drafts]
    meant = {id(row): draft.meant for row, draft in zip(outcomes, drafts, strict=True)}
    mentions.alert(change, [(row, meant[id(row)]) for _, row in change.added])
    return outcomes


def _known(drafts: Sequence[Draft]) -> dict[Key, Message]:
    pages = {page for draft in drafts if draft.said.page for _, page, _ in draft.keys}
    rows = Message.objects.filter(author__in={draft.author for draft in drafts}, page__in=pages)
    return {(row.author_id, row.page, row.n): row for row in rows} if pages else {}


def _one(
    change: Change,
    draft: Draft,
    room: Room | None,
    author: Any,
    known: dict[Key, Message],
    last: dict[int, Any],
) -> Message | TextRejected:
    if room is None:
        return TextRejected("This room is gone.")
    if author is None or not access.may_write(author, room):
        return TextRejected("You may not write in this room any more.")
    own, other = draft.keys
    for key in (own, other):
        if key in known and (known[key].text, known[key].room_id) == (draft.said.text, draft.room):
            return known[key]
    page = other[1] if own in known else own[1]
    row = _follows(Message(room=room, author=author, text=draft.said.text, html=draft.html, page=page, n=own[2]), last)
    change.add(room.stream, row)
    if page:
        known[draft.author, page, own[2]] = row
    return row


def _follows(row: Message, last: dict[int, Any]) -> Message:
    """Say how a new message follows the one before it, and make it the one before the next."""
    row.created = row.heading_at = timezone.now()
    previous, last[row.room_id] = last[row.room_id], row
    if previous is not None:
        row.previous_at = previous.created
        heading = previous.heading_at or previous.created
        if previous.author_id == row.author_id and soon(heading, row.created):
            row.heading_at = heading
    return row


def soon(before: datetime, after: datetime) -> bool:
    """Whether a line may stand under a heading of its writer's: five minutes, counted from the heading."""
    return after - before < RUN


saying: Group[Draft, Message | TextRejected] = Group(post)


def offer(person: Any, room: int, said: Sequence[NumberedText]) -> "list[Future[Message | TextRejected]]":
    """Hand texts to the next commit, in their order. The same door for sockets and for plain forms.

    It makes markup, which may take a while: not for an event loop.
    """
    if not person.is_authenticated:
        return [_settled(TextRejected("Choose a name first, then you can write here.")) for _ in said]
    if not rate_limit("say", person.pk, conf.SAY_RATE).take(len(said)):
        return [_settled(TextRejected(TOO_FAST)) for _ in said]
    return [_offered(room, person.pk, each) for each in said]


def _offered(room: int, author: int, said: NumberedText) -> "Future[Message | TextRejected]":
    try:
        return saying.submit(draft(room, author, said))
    except TextRejected as why:
        return _settled(why)


def _settled(outcome: TextRejected) -> "Future[Message | TextRejected]":
    future: Future[Message | TextRejected] = Future()
    future.set_result(outcome)
    return future
