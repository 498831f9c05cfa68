"""A stream answers one question: what should a page that saw `cursor` see now?

First paint, live push, reconnect, a lost hint, a slow page: all are that question, answered from the same rows.
A `LogStream` (a room) answers with the rows since, a `StateStream` (people here, a bell) with the present.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parlour.conf import conf
from parlour.limits import OncePerMinute
from parlour.models import read_heads
from parlour.regions import Ids

_ahead = OncePerMinute("a page claims to have seen %s up to %d, its head is at %d: after restoring, run renew_epoch")


class Variant(NamedTuple):
    """What makes one reader's markup differ from another's; `own` is for states that differ by person."""

    language: str
    zone: str
    own: str = ""


class Ask(NamedTuple):
    """A page's question: it saw `cursor` (None: nothing of use) of a stream with these `heads`, and reads in `variant`.

    The cursor of a stream with several heads is the sum of their numbers, which grows with every event of any of them.
    """

    cursor: int | None
    variant: Variant
    heads: tuple[str, ...]


class Answer(NamedTuple):
    """How far each head had come, and the fragments for each ask ("" where nothing is new)."""

    heads: Mapping[str, int]
    fragments: Mapping[Ask, str]

    def cursor(self, heads: tuple[str, ...]) -> int:
        """The cursor of a page that was given this answer."""
        return sum(self.heads[name] for name in heads)


def read_cursors(sent: Any, epoch: int) -> dict[str, int]:
    """What a page has seen, by stream; the least of several. Anything malformed or of another epoch is ignored."""
    seen: dict[str, int] = {}
    for each in [sent] if isinstance(sent, str) else sent if isinstance(sent, list) else []:
        stream, _, rest = each.partition(":")
        its_epoch, _, seq = rest.partition(".")
        if its_epoch == f"{epoch:x}" and seq.isascii() and seq.isdigit() and len(seq) < 19:
            seen[stream] = min(int(seq), seen.get(stream, int(seq)))
    return seen


@contextmanager
def reading_as(variant: Variant) -> Iterator[None]:
    """Render with the reader's language and time zone in force, as on a page of theirs they are already."""
    if (translation.get_language(), timezone.get_current_timezone_name()) == variant[:2]:
        yield
        return
    with translation.override(variant.language), timezone.override(variant.zone):
        yield


class Stream:
    """Base of all streams. Its markup is shared by all who read alike, so it gets the ids of a region and nothing else.

    `name` identifies it on the page and in cursors, `heads` are the heads it follows (`[name]` if none are given).
    A head's name is ASCII letters, digits, `-`, `_` and `.`, under 100 characters: it is a channel layer's group too.
    """

    part = "now"  # the element of the region that it fills
    gap = 0.0  # seconds between two asks, if the engine's ASK_GAP is too short
    delay = 0.0  # seconds from a hint to the ask, in which pages may act on the event; more where many variants read

    def __init__(self, name: str, ids: Ids, heads: Sequence[str] = ()) -> None:
        self.name = name
        self.ids = Ids(ids.key)  # never a Region: a role or a person must not get into shared markup
        self.heads = tuple(sorted(set(heads))) or (name,)
        self.key = name, ids.key, self.part  # streams of one key are one topic

    def variant(self, person: Any) -> Variant:
        """How this person reads the stream now; a state that differs by person puts the person into `own`."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        return Variant(language, getattr(person, "zone", "") or settings.TIME_ZONE)

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        """What a page's template gets of this stream when it is first shown: `markup`, and whatever else it needs."""
        raise NotImplementedError

    def answer(self, asks: Sequence[Ask]) -> Answer:
        """Bring every asking page up to date. Runs on a database thread.

        Heads are read before rows, so that a cursor is never ahead of what its page was shown.
        """
        heads = read_heads({name for ask in asks for name in ask.heads})
        valid = {ask: self._valid(ask, sum(heads[name] for name in ask.heads)) for ask in asks}
        answer = self.since(list(dict.fromkeys(valid.values())), heads)
        return Answer(answer.heads, {ask: answer.fragments[valid[ask]] for ask in asks})

    def _valid(self, ask: Ask, seq: int) -> Ask:
        if ask.cursor is None or ask.cursor <= seq:
            return ask
        _ahead.warning(self.name, ask.cursor, seq)
        return ask._replace(cursor=None)

    def forget(self, variant: Variant) -> None:
        """Nobody reads this variant any more."""

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        """The answer to asks whose cursors are not ahead of `heads`; it may go beyond these heads, not stop before."""
        raise NotImplementedError


class LogStream(Stream):
    """Rows in order: new ones are appended, changed ones replaced in place, always as they are now.

    `template` renders one row (as `row`); the list is the element `ids.id(part)`.
    """

    template: str
    part = "log"
    holder = ""  # the part that holds the rows, if it stands inside `part`

    def rows(self) -> Any:
        """A queryset of all rows of this stream, with what the template needs joined in."""
        raise NotImplementedError

    def all_rows(self) -> Any:
        """The same with those that are not shown any more, in a stream that removes them from pages."""
        return self.rows()

    def select(self, order: str, most: int, hidden: bool = False, **lookups: int) -> Sequence[Any]:
        """The first `most` rows, in this order, of which these lookups are true; with `hidden` of all rows."""
        return (self.all_rows() if hidden else self.rows()).filter(**lookups).order_by(order)[:most]

    def page(self, variant: Variant, upto: int, most: int = 50) -> tuple[SafeString, int | None]:
        """The newest rows up to `upto` as markup, and the seq of the next older one; None at the start.

        `upto` is what the page's cursor will say: a row beyond it would come again as new. Heavy rows make a shorter
        page, so that no answer is too large for a slow line or a server's frame.
        """
        shown, older = self._shown(variant, self.select("-seq", most + 1, seq__lte=upto), most)
        return _joined([markup for _, markup in shown[::-1]]), older and older.seq

    def page_after(self, variant: Variant, since: int, upto: int, most: int = 50) -> tuple[SafeString, Any]:
        """The oldest rows after `since` and up to `upto` as markup, and the last of them if more follow, else None."""
        rows = self.select("seq", most + 1, seq__gt=since, seq__lte=upto)
        shown, later = self._shown(variant, rows, most)
        return _joined([markup for _, markup in shown]), later and shown[-1][0]

    def _shown(
        self, variant: Variant, rows: Any, most: int, heaviest: float = 0
    ) -> tuple[list[tuple[Any, SafeString]], Any]:
        """As many of `rows` as a page takes, each with its markup, and the row that follows them; None at the end."""
        shown: list[tuple[Any, SafeString]] = []
        weight = 0
        with reading_as(variant):
            drawn = self.drawer()
            for row in rows[: most + 1]:
                if len(shown) == most or weight > (heaviest or conf.ANSWER_BYTES):
                    return shown, row
                shown.append((row, drawn(row)))
                weight += len(shown[-1][1].encode())
        return shown, None

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        markup, older = self.page(variant, seq)
        return {"markup": markup, "older": older}

    def row(self, row: Any) -> SafeString:
        """The markup of one row, with the reader's language and time zone in force."""
        return render_to_string(self.template, {"row": row, "region": self.ids})

    def drawer(self) -> Callable[[Any], SafeString]:
        """What renders the rows of a page. Override it for what need not be asked for each of them."""
        return self.row

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        [name] = self.heads
        seq = heads[name]
        lowest = min((ask.cursor for ask in asks if ask.cursor is not None), default=seq)
        rows = list(self.select("-changed", conf.GAP + 1, hidden=True, changed__gt=lowest, seq__gt=0))[::-1]
        complete_from = rows[0].changed if len(rows) > conf.GAP else lowest
        seq = max(seq, rows[-1].changed) if rows else seq
        markup = functools.cache(lambda _variant: {row: self.row(row) for row in rows})
        snapshot = functools.cache(lambda variant: self.snapshot(variant, seq))
        fragments: dict[Ask, str] = {}
        for ask in asks:
            news = None
            with reading_as(ask.variant):
                if ask.cursor is not None and ask.cursor >= complete_from:
                    news = self._news(ask.cursor, rows, markup(ask.variant))
                fragments[ask] = snapshot(ask.variant) if news is None or _heavy(news) else news
        return Answer({**heads, name: seq}, fragments)

    def _news(self, cursor: int, rows: Sequence[Any], markup: Mapping[Any, str]) -> str:
        news = [row for row in rows if row.changed > cursor]
        edited = [self.ids.replaced(markup[row]) for row in news if row.seq <= cursor]
        added = sorted((row for row in news if row.seq > cursor), key=lambda row: row.seq)
        appended = (
            self.ids.append(self.holder or self.part, "".join(markup[row] for row in added), "ol") if added else ""
        )
        return "".join(edited) + appended + self.announce(added)

    def announce(self, added: Sequence[Any]) -> str:
        """A fragment that tells a screen reader about new rows; nothing by default."""
        return ""

    def snapshot(self, variant: Variant, upto: int) -> str:
        """The whole list, for a page whose cursor is of no use."""
        markup, older = self.page(variant, upto)
        return self.ids.inner(self.part, markup) + self.older(older)

    def older(self, upto: int | None) -> str:
        """The fragment that offers the rows up to `upto` after a snapshot; nothing by default."""
        return ""


class OrderedStream(LogStream):
    """Rows in an order of their own: new ones are inserted, others changed, moved and removed in place.

    Their model inherits `parlour.Ordered`. A page shows the first `most`, and rows that come to stand among them.
    `rows` leaves out what is to be removed from pages, such as deleted rows, which `all_rows` has too.
    """

    part = "rows"
    most = 100
    heaviest = 0.0  # bytes of a page, where that may be more than an answer has: `math.inf` for one that is only loaded

    def page(self, variant: Variant, upto: int, most: int = 0) -> tuple[SafeString, int | None]:
        """The first rows that were placed up to `upto`, as markup with what follows them."""
        rows = self.rows().filter(seq__lte=upto).order_by("place", "pk")
        shown, more = self._shown(variant, rows, most or self.most, self.heaviest)
        with reading_as(variant):
            end = self.more(len(shown)) if more else format_html('<i id="{}" hidden></i>', self.ids.id("end"))
        return _joined([*(markup for _, markup in shown), end]), None

    def more(self, shown: int) -> str:
        """What stands after the first `shown` rows if more follow, such as a link to a page with all."""
        return ""

    def _news(self, cursor: int, rows: Sequence[Any], markup: Mapping[Any, str]) -> str:
        news = [row for row in rows if row.changed > cursor]
        present = set(self.rows().filter(pk__in=[row.pk for row in news]).values_list("pk", flat=True))
        placed = {row.pk: markup[row] for row in news if row.seq > cursor and row.pk in present}
        gone = [row for row in news if row.pk in placed or row.pk not in present]
        fragments = [self.ids.delete(self.row_part(row.pk)) for row in gone if row.seq <= cursor or row.moved]
        fragments += [self.edited(row, markup[row]) for row in news if row.seq <= cursor and row.pk in present]
        insertions = self._insertions(placed, rows[-1].changed) if placed else ()
        return "".join([*fragments, *insertions, self.announce(news)])

    def _insertions(self, placed: Mapping[Any, str], upto: int) -> Iterator[str]:
        """Each run of placed rows goes before the row that follows it, where a page shows that."""
        rows = self.rows().filter(seq__lte=upto).order_by("place", "pk")
        run = ""
        for pk in [*rows.values_list("pk", flat=True), None]:
            if pk in placed:
                run += placed[pk]
            elif run:
                yield self.ids.append("end" if pk is None else self.row_part(pk), run, "div", "beforebegin")
                run = ""

    def row_part(self, pk: Any) -> str:
        """The part of the region that a row is: the first tag of its template has `{% id region … %}` of it."""
        return f"row-{pk}"

    def edited(self, row: Any, markup: str) -> str:
        """The fragment for a row that changed where it stands. Override it to leave a part of the row as it is."""
        return self.ids.replaced(markup)

    def announce(self, rows: Sequence[Any]) -> str:
        """A fragment that tells a screen reader what was done with these rows; nothing by default."""
        return ""


def _joined(parts: Sequence[str]) -> SafeString:
    return format_html("{}" * len(parts) + "{}", *parts, "")  # one call takes a third of what fifty take


def _heavy(markup: str) -> bool:
    return len(markup.encode()) > conf.ANSWER_BYTES


class StateStream(Stream):
    """The present, latest wins. `template` is rendered into the element `ids.id(part)`."""

    template: str

    def __init__(self, name: str, ids: Ids, heads: Sequence[str] = ()) -> None:
        super().__init__(name, ids, heads)
        self._last: dict[Variant, tuple[int, dict[str, Any]]] = {}  # the last answer: its cursor and its context

    def context(self, variants: Sequence[Variant]) -> Mapping[Variant, dict[str, Any]]:
        """One context for each variant, all from one grouped query. Override this or the simpler `present`.

        No language is in force yet: words in it are lazy.
        """
        present = self.present()
        return dict.fromkeys(variants, present)

    def present(self) -> dict[str, Any]:
        """The template's context where it is the same for everybody."""
        return {}

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        return {"markup": self.drawn(variant, self.context([variant])[variant])}

    def drawn(self, variant: Variant, context: dict[str, Any]) -> SafeString:
        """The element's markup for one variant, for the first paint and for every push alike."""
        with reading_as(variant):
            return render_to_string(self.template, {"region": self.ids, **context})

    def extras(self, context: dict[str, Any]) -> str:
        """Fragments that go out beside the element whenever it does, such as a count elsewhere on the page."""
        return ""

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        """Fragments for a page that saw the context `before` and sees `now`, such as "Ann joined". They leave no trace.

        `before` is None for a page that was away and saw an older state, or one that this process does not know. A
        stream that defines this has its context asked for pages that are up to date too, so that it is remembered.
        """
        return ""

    @property
    def remembers(self) -> bool:
        """Whether the last context is kept, for `changes`."""
        return type(self).changes is not StateStream.changes

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        seqs = {ask: sum(heads[name] for name in ask.heads) for ask in asks}
        behind = [ask for ask in asks if ask.cursor != seqs[ask]]
        wanted = dict.fromkeys(ask.variant for ask in (asks if self.remembers else behind))
        contexts = self.context(list(wanted)) if wanted else {}
        fragments = dict.fromkeys(asks, "")

        @functools.cache
        def markup(variant: Variant) -> str:
            context = contexts[variant]
            return self.ids.inner(self.part, self.drawn(variant, context)) + self.extras(context)

        for ask in behind:
            seen, before = self._last.get(ask.variant, (None, None))
            known = before if seen == ask.cursor else None
            with reading_as(ask.variant):
                changes = "" if ask.cursor is None else self.changes(known, contexts[ask.variant])
                fragments[ask] = markup(ask.variant) + changes
        if self.remembers:
            self._last.update({ask.variant: (seqs[ask], contexts[ask.variant]) for ask in asks})
        return Answer(heads, fragments)

    def forget(self, variant: Variant) -> None:
        self._last.pop(variant, None)
