"""What people write: cleaned when it is said, made into markup once, placed by templates."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from accounts.names import is_visible

LONGEST = 4000
BRACKETS = 100  # beyond these Markdown looks for links without end
HEAVIEST = 3 * LONGEST  # characters of markup
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"  # controls, bidi overrides, halves
)
_TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"}
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


def _mention(state: Any, silent: bool) -> bool:
    """markdown-it's rule for `@name`, where `people` of its environment knows the name: the longest one counts."""
    people, at = state.env.get("people", {}), state.pos
    if state.src[at] != "@" or (at and (state.src[at - 1].isalnum() or state.src[at - 1] in "_@/.")):
        return False
    for name in sorted(people, key=len, reverse=True):
        end = at + 1 + len(name)
        if state.src[at + 1 : end].casefold() == name and not state.src[end : end + 1].isalnum():
            if not silent:
                token = state.push("mention", "", 0)
                token.content, token.meta = state.src[at:end], {"person": people[name]}
                state.env["meant"].add(people[name])
            state.pos = end
            return True
    return False


def _mentioned(_renderer: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    return format_html('<span class="mention" data-person="{}">{}</span>', token.meta["person"], token.content)


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
_markdown.enable(["linkify", "strikethrough"]).disable(_NOT_FOR_CHAT)
_markdown.inline.ruler.push("mention", _mention)
_markdown.add_render_rule("mention", _mentioned)


class TextRejected(Exception):
    """A text that was not taken, with the reason in the writer's words."""


def cleaned(text: str) -> str:
    """`text` as it is kept: NFC, without control and bidi-override characters. Raises Unsaid."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip()
    if not is_visible(text):
        raise TextRejected("There is nothing in it to send.")
    if len(text) > LONGEST:
        raise TextRejected(f"It is too long: {len(text):,} characters, and {LONGEST:,} is the most.")
    return text


def markup(text: str, people: Mapping[str, int] | None = None, meant: set[int] | None = None) -> str:
    """Plain Markdown and links as clean HTML. Headings, images and HTML stay the text they are.

    `people` are those whom a mention may mean, by casefolded name; who is meant is put into `meant`. A text that
    is made to grow, of nothing but tiny links, stays as it was written.
    """
    if text.count("[") > BRACKETS:
        return _plain(text)
    html = nh3.clean(
        _markdown.render(text, {"people": people or {}, "meant": set() if meant is None else meant}),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, "span": {"class", "data-person"}},
        link_rel="noopener noreferrer nofollow",
    )
    return html if len(html) <= HEAVIEST else _plain(text)


def _plain(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


def trusted(html: str) -> SafeString:
    """What `markup` made, as a template may place it. The only text in this project that skips escaping."""
    return mark_safe(html)  # noqa: S308
