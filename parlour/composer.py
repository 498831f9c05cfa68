"""A composer that loses nothing and sends once: how texts are numbered, for sockets and plain forms alike.

A page has an id and counts the texts it sends. They travel newest first, with the number up to which they
were acknowledged; so every text has a number, and the same number twice is one text.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from parlour.fragments import Region

MOST = 100  # texts taken from one frame; the rest stays on the page for the next
_PAGE = re.compile(r"[0-9a-f]{8,32}")


class Malformed(ValueError):
    """A frame that no page of ours sends."""


class Said(NamedTuple):
    """One text and its number `n` on `page`; an empty page and n 0 from a program that counts nothing."""

    page: str
    n: int
    text: str


def new_page() -> str:
    """An id for a page that is about to be drawn."""
    return secrets.token_hex(8)


def said(fields: Mapping[str, Any], acked: int) -> list[Said]:
    """The texts in a frame or form that are numbered above `acked` and above what the page knows, oldest first."""
    texts = _list(fields.get("text", []))
    page = fields.get("page", "")
    if not isinstance(page, str) or (page and not _PAGE.fullmatch(page)):
        raise Malformed("page")
    if not page:
        return [Said("", 0, text) for text in reversed(texts)][:MOST]
    known = whole(fields.get("acked", 0))
    numbered = [Said(page, known + place, text) for place, text in enumerate(reversed(texts), start=1)]
    return [each for each in numbered if each.n > acked][:MOST]


def whole(value: Any) -> int:
    """A count as a page sends it: digits in a string, or a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    raise Malformed("a count")


def _list(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Malformed("text")
    return texts


def acknowledged(region: Region, n: int, acked: int, to: int | None = None) -> str:
    """Take the `n` - `acked` oldest texts off the page's box, and have it count on from `n` (or from `to`)."""
    return region.delete_last("box") * (n - acked) + region.value("acked", n if to is None else to)


def renamed(region: Region, page: str) -> str:
    """Give the page another id: its old one belongs to another tab too."""
    return region.value("page", page)
