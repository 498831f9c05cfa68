"""What people write: cleaned when it is said, made into markup once, placed by templates."""

import re
import unicodedata

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from accounts.names import is_visible

LONGEST = 4000
BRACKETS = 100  # beyond these Markdown looks for links without end
HEAVIEST = 3 * LONGEST  # characters of markup
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"  # controls, bidi overrides, halves
)
_TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
_NOT_FOR_CHAT = [
    "heading",
    "lheading",
    "hr",
    "code",
    "image",
    "entity",
    "escape",
    "html_block",
    "html_inline",
    "reference",
]

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_markdown.enable(["linkify", "strikethrough"]).disable(_NOT_FOR_CHAT)


class Unsaid(Exception):
    """A text that was not taken, with the reason in the writer's words."""


def cleaned(text: str) -> str:
    """`text` as it is kept: NFC, without control and bidi-override characters. Raises Unsaid."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip()
    if not is_visible(text):
        raise Unsaid("There is nothing in it to send.")
    if len(text) > LONGEST:
        raise Unsaid(f"It is too long: {len(text):,} characters, and {LONGEST:,} is the most.")
    return text


def markup(text: str) -> str:
    """Plain Markdown and links as clean HTML. Headings, images and HTML stay the text they are.

    A text that is made to grow, of nothing but tiny links, stays as it was written.
    """
    if text.count("[") > BRACKETS:
        return _plain(text)
    html = nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        link_rel="noopener noreferrer nofollow",
    )
    return html if len(html) <= HEAVIEST else _plain(text)


def _plain(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


def trusted(html: str) -> SafeString:
    """What `markup` made, as a template may place it. The only text in this project that skips escaping."""
    return mark_safe(html)  # noqa: S308
