"""A log: a stream that answers with the rows since."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from django.template.loader import render_to_string

from parlour.conf import conf
from parlour.fragments import joined
from parlour.models import Numbered
from parlour.streams import Answer, Ask, Stream, Variant, reading


class LogStream(Stream):
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

        `upto` is what the page's cursor will say: a row beyond it would come again as new. Heavy rows make a
        shorter page, so that no answer is too large for a slow line or a server's frame.
        """
        drawn: list[str] = []
        weight = 0
        for row in self.rows().filter(seq__lte=upto).order_by("-seq")[: most + 1]:
            if len(drawn) == most or weight > conf.ANSWER_BYTES:
                return joined(reversed(drawn)), row.seq
            drawn.append(reading(variant, lambda row=row: self.row(row)))  # type: ignore[misc]
            weight += len(drawn[-1].encode())
        return joined(reversed(drawn)), None

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        markup, older = self.page(variant, seq)
        return {"markup": markup, "older": older}

    def row(self, row: Numbered) -> str:
        return render_to_string(self.template, {"row": row, "region": self.region})

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        lowest = min((ask.cursor for ask in asks if ask.cursor is not None), default=seq)
        newest_first = self.rows().filter(changed__gt=lowest, seq__isnull=False).order_by("-changed")
        rows = list(newest_first[: conf.GAP + 1])[::-1]
        complete_from = rows[0].changed if len(rows) > conf.GAP else lowest
        seq = max(seq, rows[-1].changed) if rows else seq
        drawn: dict[Any, str] = {}
        snapshot = functools.cache(lambda variant: self.snapshot(variant, seq))  # one, however many cursors
        fragments: dict[Ask, str] = {}
        for ask in asks:
            news = None
            if ask.cursor is not None and ask.cursor >= complete_from:
                news = self._news(ask.cursor, ask.variant, rows, drawn)
            fragments[ask] = snapshot(ask.variant) if news is None or _heavy(news) else news
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


def _heavy(markup: str) -> bool:
    return len(markup.encode()) > conf.ANSWER_BYTES
