"""Search in messages, and how a message that is shown as a result looks."""

import re
import string
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parlour import clean
from rooms.markup import UNSPACED
from rooms.models import Message, Room
from rooms.names import name_fields
from rooms.permissions import rights
from rooms.search_index import words_of

LONGEST = 200  # characters of what is searched for
EXCERPT = 240  # characters of a message
_BLANKS = str.maketrans(string.punctuation, " " * len(string.punctuation))


def search(
    person: Any,
    words: str,
    room: Room | None = None,
    by: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> "QuerySet[Message]":
    """The messages with all of these words that this person may read, the newest first; deleted ones are left out.

    The last word may be a beginning. Case and diacritics do not count. What is joined, such as "e-mail", is found as it
    stands there. `by` is a name, as it is shown or signed in with; `since` is the first moment, `until` the one after
    the last. Rooms on objects are searched only if one is given as `room`.
    """
    phrases = _phrases(words)
    if not phrases or (room is not None and not rights(person, room).read):
        return Message.objects.none()
    rooms: Any = [room.pk] if room is not None else Room.objects.visible_to(person).values("pk")
    rows = Message.objects.filter(room__in=rooms, seq__isnull=False, deleted__isnull=True)
    if by:
        named = reduce(or_, (Q(**{f"{field}__iexact": clean(by)}) for field in name_fields()))
        rows = rows.filter(author__in=get_user_model()._default_manager.filter(named).values("pk"))
    if since:
        rows = rows.filter(created__gte=since)
    if until:
        rows = rows.filter(created__lt=until)
    return _matching(rows.select_related("room", "author"), phrases, room)


def _matching(rows: "QuerySet[Message]", phrases: Sequence[str], room: Room | None) -> "QuerySet[Message]":
    """Those in which the index knows all phrases. Both databases read the newest first and stop where the page ends."""
    if connection.vendor == "sqlite":
        match = "words : (" + " ".join(f'"{each}"' for each in phrases) + " *)"
        match += f' AND room : "{room.pk}"' if room is not None else ""
        index = "parlour_rooms_search"
        where = f"{index} MATCH %s AND {index}.rowid = {Message._meta.db_table}.id"
        return rows.extra(tables=[index], where=[where], params=[match], order_by=[f"-{index}.rowid"])  # noqa: S610
    match = " & ".join(f"'{each}'" for each in phrases) + ":*"
    where = f"parlour_rooms_words({Message._meta.db_table}.text) @@ to_tsquery('simple', %s)"
    return rows.extra(where=[where], params=[match]).order_by("-pk")  # noqa: S610


def _phrases(words: str) -> list[str]:
    """What stands between blanks, as the index has it; nothing of it is an operator or a quote."""
    parts = (words_of(part).translate(_BLANKS) for part in clean(words)[:LONGEST].split())
    return [" ".join(part.split()) for part in parts if any(map(str.isalnum, part))]


class Result(NamedTuple):
    """A message that was searched for: an excerpt with its words marked, and the messages before and after it."""

    message: Message
    excerpt: SafeString
    before: Message | None
    after: Message | None


def results(messages: Sequence[Message], words: str) -> list[Result]:
    """These messages as results of a search for `words`; what surrounds them is read in one query."""
    if not messages:
        return []
    pairs = reduce(or_, (Q(room=row.room_id, seq__in=[row.seq - 1, row.seq + 1]) for row in messages if row.seq))
    rows = Message.objects.filter(pairs, deleted__isnull=True).select_related("author")
    near = {(row.room_id, row.seq): row for row in rows}
    around = [[near.get((row.room_id, (row.seq or 0) + step)) for step in (-1, 1)] for row in messages]
    return [Result(row, excerpt(row.plain, words), *beside) for row, beside in zip(messages, around, strict=True)]


def excerpt(text: str, words: str) -> SafeString:
    """The part of `text` in which the first of these words stands, each of them in a <mark>."""
    parts = [re.findall(r"[^\W_]+", _folded(part)) for part in words.split()]
    pattern = re.compile("|".join(_pattern(part) for part in parts if part) or "(?!)")
    folded = _folded(text)
    first = pattern.search(folded)
    start = max(0, first.start() - EXCERPT // 3) if first else 0
    start = text.rfind(" ", 0, start) + 1 if start else 0
    shown, end = [], start
    for hit in pattern.finditer(folded, start, start + EXCERPT):
        shown.append(format_html("{}<mark>{}</mark>", text[end : hit.start()], text[hit.start() : hit.end()]))
        end = hit.end()
    rest = format_html("{}{}", text[end : start + EXCERPT], "…" if len(text) > start + EXCERPT else "")
    return format_html("{}{}{}", "…" if start else "", format_html_join("", "{}", ((each,) for each in shown)), rest)


def _pattern(tokens: Sequence[str]) -> str:
    inside = "" if UNSPACED.match(tokens[0]) else r"(?<![^\W_])"
    return inside + r"[\W_]*".join(map(re.escape, tokens))


def _folded(text: str) -> str:
    """`text` in lower case, without diacritics, each sign in the place it has there."""
    return "".join(char if UNSPACED.match(char) else unicodedata.normalize("NFKD", char)[0].lower()[0] for char in text)
