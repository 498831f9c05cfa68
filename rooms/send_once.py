"""Send once: a page numbers its texts, so that a replay is stored once and a lost acknowledgement loses nothing.

A page has an id and counts the texts it sends. They travel newest first, with the number up to which they were
acknowledged; so every text has a number, and the same number twice is one text. Sockets and plain forms share this.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from parlour import Malformed, Region

MOST = 100  # texts taken from one frame; the rest stays on the page for the next
_PAGE = re.compile(r"[0-9A-Za-z_-]{1,40}")  # it becomes part of an id


class NumberedText(NamedTuple):
    """One text and its number `n` on `page`; an empty page and n 0 from a program that counts nothing.

    `answers` is the primary key of the message that it answers, as the page sent it; 0 for none.
    """

    page: str
    n: int
    text: str
    answers: int = 0


def new_page() -> str:
    """An id for a page that is about to be rendered."""
    return secrets.token_hex(8)


def page_of(fields: Mapping[str, Any]) -> str:
    """The id of the page that sent these fields; "" from a program that has none."""
    page = fields.get("page") or ""
    if not isinstance(page, str) or (page and not _PAGE.fullmatch(page)):
        raise Malformed(_("That was not understood: “page” is no page's id."))
    return page


def count(value: Any) -> int:
    """A count as a page sends it: digits in a string, or a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    raise Malformed(_("That was not understood: a count was expected."))


def numbered_texts(fields: Mapping[str, Any], acked: int = 0, most: int | None = None) -> list[NumberedText]:
    """The texts in a frame or form that are numbered above `acked`, oldest first, at most `most` of them."""
    sent, page = fields.get("text"), page_of(fields)
    texts = [] if sent is None else [sent] if isinstance(sent, str) else sent
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Malformed(_("That was not understood: “text” is no text."))
    if not page:
        return [NumberedText("", 0, text) for text in reversed(texts)][:most]
    known, answers = count(fields.get("acked") or 0), _answers(fields.get("answers"))
    texts = enumerate(reversed(texts), start=known + 1)
    numbered = [NumberedText(page, n, text, answers.get(n, 0)) for n, text in texts]
    return [each for each in numbered if each.n > acked][:most]


def _answers(sent: Any) -> dict[int, int]:
    """Which message each text answers, by number; "3:41" is how a page says it."""
    pairs = [sent] if isinstance(sent, str) else sent if isinstance(sent, list) else []
    return {count(n): count(pk) for n, _, pk in (pair.partition(":") for pair in pairs)}


def newest_number(fields: QueryDict) -> int:
    """The number that the text in a page's box will have; 1 on a page that is loaded anew."""
    try:
        return count(fields.get("acked") or 0) + max(len(fields.getlist("text")), 1)
    except Malformed:
        return 1


class Acknowledgements:
    """What one socket has acknowledged: up to which number, by page. Its own page counts, and forms that came back."""

    __slots__ = ("acked", "page")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """`fields` are those of the page's hello."""
        self.page = page_of(fields)
        self.acked = {self.page: count(fields.get("acked") or 0)}

    def take(self, fields: Mapping[str, Any]) -> list[NumberedText]:
        """What is new in these fields. A repeat of what was answered is nothing, and gets no answer."""
        page = page_of(fields)
        self.page = self.page or page
        return numbered_texts(fields, self.acked.get(page, 0), MOST)

    def catch_up(self, region: Region, n: int) -> str:
        """Text `n` of the page is known to be stored, though the acknowledgement was lost."""
        if n <= self.acked.get(self.page, 0):
            return ""
        self.acked[self.page] = n
        return region.value("acked", n)

    def answer(self, region: Region, answered: Sequence[NumberedText], taken: bool) -> str:
        """Fragments that take texts off the page that sent them, all at once and for good.

        A text that came back and was sent again is a page of its own, and its form goes. `taken` says that a
        number was another tab's already: two tabs share the page's id, and this one gets a new one.
        """
        page, n = answered[-1].page, answered[-1].n
        if not page:
            return ""
        self.acked[page] = n
        done = "".join(region.delete(f"answers-{each.n}") for each in answered if each.answers)
        if page != self.page:
            self.acked = {self.page: self.acked.get(self.page, 0)}
            return region.delete(f"err-{page}")
        gone = region.delete_last("box") * len(answered) + done
        if not taken:
            return gone + region.value("acked", n)
        self.page = new_page()
        self.acked = {self.page: 0}
        return gone + region.value("page", self.page) + region.value("acked", 0)
