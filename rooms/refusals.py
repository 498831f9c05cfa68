"""A text that was not taken comes back as a small form of its own, so that it can be mended and sent again."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from parlour.composer import NumberedText
from rooms.saying import beside
from rooms.streams import RoomRegion
from rooms.words import TextRejected

HEAVIEST = 400_000  # characters of markup for one text; more would not fit through a socket


def _kept(text: str) -> str:
    """A text that would grow beyond what a socket carries comes back cut, rather than never."""
    return text if len(escape(text)) <= HEAVIEST else text[: HEAVIEST // 6]


def refusal(
    region: RoomRegion, said: NumberedText, why: TextRejected, request: HttpRequest | None = None, again: bool = False
) -> SafeString:
    """The form for one text, the first time or again. It counts as a page of its own: the same for the same text."""
    context = {
        "region": region,
        "why": why,
        "text": _kept(said.text),
        "page": beside(region.room.pk, said),
        "again": again,
    }
    return render_to_string("partials/refused.html", context, request)
