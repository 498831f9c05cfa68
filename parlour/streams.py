"""A stream answers one question: what should a page that saw `cursor` see now?

First paint, live push, reconnect, a lost hint, a slow page: all are that question, answered from the same
rows. A log (a room) answers with the rows since; a state (people here, a dashboard) with the present.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone, translation

from parlour import changes
from parlour.conf import conf
from parlour.fragments import Region, joined
from parlour.models import Numbered


class Variant(NamedTuple):
    """What makes one reader's markup differ from another's; `own` is for states that differ by person."""

    language: str
    zone: str
    own: str = ""


class Ask(NamedTuple):
    """A page's question: it saw `cursor`, or None for nothing it could use, and reads in `variant`."""

    cursor: int | None
    variant: Variant


class Answer(NamedTuple):
    """How far the answered pages will have come, and the fragments for each ask ("" where nothing is new)."""

    seq: int
    fragments: Mapping[Ask, str]


class Gone(Exception):
    """The thing the stream is about no longer exists."""


def reading(variant: Variant, render: Callable[[], str]) -> str:
    """Render with the reader's language and time zone in force."""
    with translation.override(variant.language), timezone.override(variant.zone):
        return render()


class Stream:
    """Base of both kinds. `name` is the head's name and the hint's group; `region` knows the ids on the page.

    A name is ASCII letters, digits, `-`, `_` and `.`, under 100 characters: it is a channel layer's group too.
    """

    part = "now"  # the element of the region that it fills

    def __init__(self, name: str, region: Region) -> None:
        self.name = name
        self.region = region

    def variant(self, person: Any, variant: Variant) -> Variant:
        """Narrow or widen a reader's variant; a state that differs by person puts the person into `own`."""
        return variant

    def answer(self, asks: Sequence[Ask]) -> Answer:
        """Bring every asking page to the stream's head. Runs on a database thread.

        The head is read before the rows, so that a cursor never runs ahead of what its page was shown.
        """
        seq = changes.heads([self.name])[self.name]
        sane = {ask: ask if ask.cursor is not None and ask.cursor <= seq else ask._replace(cursor=None) for ask in asks}
        seq, fragments = self.since(set(sane.values()), seq)
        return Answer(seq, {ask: fragments[sane[ask]] for ask in asks})

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        """The answer to asks whose cursors are at most `seq`; it may go beyond `seq`, never stop before it."""
        raise NotImplementedError


class State(Stream):
    """The present, latest wins. `template` is rendered into the element `region.id(part)`."""

    template: str

    def context(self, variants: Sequence[Variant]) -> Mapping[Variant, dict[str, Any]]:
        """One context a variant, all from one grouped query. Override this or the simpler `present`."""
        present = self.present()
        return dict.fromkeys(variants, present)

    def present(self) -> dict[str, Any]:
        """The template's context where it is the same for everybody."""
        return {}

    def markup(self, variants: Sequence[Variant]) -> dict[Variant, str]:
        """What the element holds now, for the first paint and for every push alike."""
        contexts = self.context(variants)
        return {
            variant: reading(variant, lambda v=variant: self._render(contexts[v]))  # type: ignore[misc]
            for variant in variants
        }

    def _render(self, context: dict[str, Any]) -> str:
        return render_to_string(self.template, {"region": self.region, **context})

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        markup = self.markup(list({ask.variant for ask in asks}))
        return Answer(seq, {ask: self.region.inner(self.part, markup[ask.variant]) for ask in asks})


class Log(Stream):
    """Rows in order: new ones are appended, changed ones replaced in place, always as they are now.

    `template` renders one row (as `row`); the list is the element `region.id(part)`.
    """

    template: str
    part = "log"

    def rows(self) -> Any:
        """A queryset of all rows of this stream, with what the template needs joined in."""
        raise NotImplementedError

    def page(self, variant: Variant, upto: int, most: int = 50) -> tuple[str, int | None]:
        """The newest rows up to `upto` as markup, and the seq of the next older one; None at the start.

        `upto` is what the page's cursor will say: a row beyond it would come again as new.
        """
        page = list(self.rows().filter(seq__lte=upto).order_by("-seq")[: most + 1])
        more = page[most].seq if len(page) > most else None
        shown = reading(variant, lambda: joined([self.row(row) for row in reversed(page[:most])]))
        return shown, more

    def row(self, row: Numbered) -> str:
        return render_to_string(self.template, {"row": row, "region": self.region})

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        lowest = min((ask.cursor for ask in asks if ask.cursor is not None), default=seq)
        newest_first = self.rows().filter(changed__gt=lowest).order_by("-changed")
        rows = list(newest_first[: conf.GAP + 1])[::-1]
        complete_from = rows[0].changed if len(rows) > conf.GAP else lowest
        seq = max(seq, rows[-1].changed) if rows else seq
        drawn: dict[tuple[Variant, Any], str] = {}
        fragments = {
            ask: self.snapshot(ask.variant, seq)
            if ask.cursor is None or ask.cursor < complete_from
            else self._news(ask.cursor, ask.variant, rows, drawn)
            for ask in asks
        }
        return Answer(seq, fragments)

    def _news(self, cursor: int, variant: Variant, rows: Sequence[Any], drawn: dict[Any, str]) -> str:
        def markup(row: Any) -> str:
            if (variant, row.pk) not in drawn:
                drawn[variant, row.pk] = reading(variant, lambda: self.row(row))
            return drawn[variant, row.pk]

        news = [row for row in rows if row.changed > cursor]
        edited = [self.region.replaced(markup(row)) for row in news if row.seq <= cursor]
        added = sorted((row for row in news if row.seq > cursor), key=lambda row: row.seq)
        appended = self.region.append(self.part, joined(map(markup, added)), "ol") if added else ""
        return "".join(edited) + appended + self.announce(added)

    def announce(self, added: Sequence[Any]) -> str:
        """A fragment that tells a screen reader about new rows; nothing by default."""
        return ""

    def snapshot(self, variant: Variant, upto: int) -> str:
        """The whole list anew, for a page whose cursor is of no use."""
        markup, older = self.page(variant, upto)
        return self.region.inner(self.part, markup) + self.older(older)

    def older(self, upto: int | None) -> str:
        """The fragment that offers the rows up to `upto` after a snapshot; nothing by default."""
        return ""
