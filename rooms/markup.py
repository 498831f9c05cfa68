"""Markup: what people write is cleaned, made into HTML once when it is posted, and placed by templates."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from parlour import is_visible

LONGEST = 4000
BRACKETS = 100  # beyond these Markdown looks for links without end
HEAVIEST = 3 * LONGEST  # characters of markup
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"  # controls, bidi overrides, surrogates
)
_TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "span": {"class", "data-person"}}
_DISABLED = ["heading", "lheading", "hr", "code", "image", "entity", "escape", "html_block", "html_inline", "reference"]


class TextRejected(Exception):
    """A text that was not taken, with the reason in its writer's words."""


def clean_text(text: str) -> str:
    """`text` as it is kept: NFC, without control and bidi-override characters. Raises TextRejected."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip()
    if not is_visible(text):
        raise TextRejected(_("There is nothing in it to send."))
    if len(text) > LONGEST:
        raise TextRejected(
            _("It is too long: {} characters, and {} is the most.").format(f"{len(text):,}", f"{LONGEST:,}")
        )
    return text


def to_html(text: str, people: Mapping[str, Any] | None = None) -> tuple[str, frozenset[Any]]:
    """Plain Markdown and links as clean HTML, and who is mentioned. Headings, images and HTML stay the text they are.

    `people` are the primary keys of those whom a mention may mean, by casefolded name. A text that is made to grow,
    of nothing but tiny links, stays as it was written.
    """
    import nh3  # an extra of the wheel: where it is missing `manage.py check` says so

    if text.count("[") > BRACKETS:
        return _plain(text), frozenset()
    mentioned: set[Any] = set()
    html = _markdown().render(text, {"people": people or {}, "mentioned": mentioned})
    html = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener noreferrer nofollow")
    return html if len(html) <= HEAVIEST else _plain(text), frozenset(mentioned)


def trusted(html: str) -> SafeString:
    """What `to_html` made, as a template may place it. The only text in this project that skips escaping."""
    return mark_safe(html)  # noqa: S308


def _plain(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


def _mention(state: Any, silent: bool) -> bool:
    """markdown-it's rule for `@name`, where `people` of its environment knows the name: the longest one counts."""
    people, at = state.env["people"], state.pos
    if state.src[at] != "@" or (at and (state.src[at - 1].isalnum() or state.src[at - 1] in "_@/.")):
        return False
    for name in sorted(people, key=len, reverse=True):
        end = at + 1 + len(name)
        if state.src[at + 1 : end].casefold() == name and not state.src[end : end + 1].isalnum():
            if not silent:
                token = state.push("mention", "", 0)
                token.content, token.meta = state.src[at:end], {"person": people[name]}
                state.env["mentioned"].add(people[name])
            state.pos = end
            return True
    return False


def _render_mention(_renderer: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    return format_html('<span class="pl-mention" data-person="{}">{}</span>', token.meta["person"], token.content)


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    markdown.enable(["linkify", "strikethrough"]).disable(_DISABLED)
    markdown.inline.ruler.push("mention", _mention)
    markdown.add_render_rule("mention", _render_mention)
    return markdown
