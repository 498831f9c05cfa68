"""A text that was rejected comes back as a small form of its own, so that it can be mended and sent again."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from rooms.markup import TextRejected
from rooms.posting import page_beside
from rooms.send_once import NumberedText
from rooms.streams import RoomRegion

HEAVIEST = 400_000  # characters of markup for one text; a longer text comes back cut, or no socket would carry it


def rejected_form(
    region: RoomRegion, text: NumberedText, why: TextRejected, request: HttpRequest | None = None, again: bool = False
) -> SafeString:
    """The form for one text, the first time or again. It counts as a page of its own: the same for the same text."""
    short = text.text if len(escape(text.text)) <= HEAVIEST else text.text[: HEAVIEST // 6]
    page = page_beside(region.room.pk, text)
    context = {"region": region, "why": why, "text": short, "page": page, "again": again, "answers": text.answers}
    return render_to_string("parlour_rooms/composer.html#rejected", context, request)
