"""Markup: what people write is cleaned, made into HTML once when it is posted, and placed by templates."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import takewhile
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
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "li": {"value"}, "span": {"class", "data-person"}}
_EMPTY = re.compile(r'<(a|blockquote|code|li|p)\b[^>]*>\s*</\1>|<a href=""')
_PLAIN = re.compile(r"(?!\d+[.)]|[-+]|.*www\.)[^\n\t\xa0\\`*_~<>&\[\]@/]+", re.IGNORECASE)  # nothing for Markdown
_LINKS = ("https://", "http://", "mailto:")  # where a link may lead; any other stays the text it is
_DISABLED = ["heading", "lheading", "hr", "code", "image", "entity", "html_block", "html_inline", "reference"]
_BACKSLASH = re.compile(r"\\[!-/:-@\[-`{-~]")
LONGEST_NAME = 150  # that can be mentioned
_NO_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
MOST_ENDS = 40  # where one may end
_EXTENDS = re.compile("[\u200c\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")  # to the sign before it
# Scripts in which a word may begin or end without a blank: those of South-East and East Asia, and their signs.
UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u318f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)


class Group(Enum):
    """Whom `@everyone` and `@here` mention."""

    EVERYONE = "everyone"
    HERE = "here"


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

    `people` are those whom a mention may mean, primary keys or a Group, by folded name. Of a text with an empty block,
    such as a lone ">", only what stands within lines is Markdown. One that is made to grow stays as it was written.
    """
    if is_plain(text):
        return f"<p>{text}</p>\n", frozenset()
    import nh3  # an extra of the wheel: where it is missing `manage.py check` says so

    if text.count("[") <= BRACKETS:
        for render in (_markdown().render, _render_lines):
            mentioned: set[Any] = set()
            html = render(text, {"people": people or {}, "mentioned": mentioned})
            html = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener noreferrer nofollow")
            if len(html) <= HEAVIEST and not _EMPTY.search(html):
                return html, frozenset(mentioned)
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>", frozenset()


def is_plain(text: str) -> bool:
    """Whether it is one line of words with nothing in it to mark up or to look up, as most are: it is ready at once."""
    return bool(_PLAIN.fullmatch(text))


def trusted(html: str) -> SafeString:
    """What `to_html` made, as a template may place it. The only text in this project that skips escaping."""
    return mark_safe(html)  # noqa: S308


def _render_lines(text: str, env: dict[str, Any]) -> str:
    return f"<p>{_markdown().renderInline(text, env)}</p>"


def names_after(text: str, at: int) -> Iterator[tuple[int, str]]:
    """What a mention by the "@" at this place may name: where each name would end, and the name, the longest first.

    A name has any signs and blanks in it, and ends where a word does. "me@example" and "@me@example" name nobody.
    """
    before = text[:at].rstrip("_")[-1:]
    if before in ("@", "/") or text[at + 1 : at + 2].isspace() or (_in_word(before) and not UNSPACED.match(before)):
        return
    line = text[at + 1 : at + 1 + LONGEST_NAME + 1].partition("\n")[0]
    ends = [length for length in range(1, min(len(line), LONGEST_NAME) + 1) if _ends(line, length)]
    for length in reversed(ends[:MOST_ENDS]):
        yield at + 1 + length, line[:length]


def folded(name: str) -> str:
    """A name as it is compared with what was typed: "Groß" and "GROSS" are one, and joiners may be left out."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).translate(_NO_JOINERS)


def _ends(line: str, length: int) -> bool:
    """Whether a name may end here: not before a sign that belongs to the one before it, and not within a word."""
    last, rest = line[length - 1], line[length:].lstrip("_")
    if last.isspace() or line[length : length + 1] == "@" or _EXTENDS.match(line, length):
        return False
    return not _in_word(rest[:1]) or bool(UNSPACED.match(last) or UNSPACED.match(rest))


def _in_word(char: str) -> bool:
    return char != "" and unicodedata.category(char)[0] in "LMN"


def _may_lead(url: str) -> bool:
    return url.lower().startswith(_LINKS)


def _mention(state: Any, silent: bool) -> bool:
    """markdown-it's rule for `@name`, where `people` of its environment knows the name: the longest one counts."""
    people, at = state.env["people"], state.pos
    if not people or state.src[at] != "@":
        return False
    for end, name in names_after(state.src, at):
        if (person := people.get(folded(name))) is not None:
            if not silent:
                token = state.push("mention", "", 0)
                token.content, token.meta = state.src[at:end], {"person": person}
                state.env["mentioned"].add(person)
            state.pos = end
            return True
    return False


def _render_mention(_renderer: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    person = token.meta["person"]
    if isinstance(person, Group):
        return format_html('<span class="pl-mention">{}</span>', token.content)
    return format_html('<span class="pl-mention" data-person="{}">{}</span>', person, token.content)


def _backslash(state: Any, silent: bool) -> bool:
    r"""A backslash and the sign after it stay what was typed, so that ¯\_(ツ)_/¯ keeps its arms."""
    if not (two := _BACKSLASH.match(state.src, state.pos)):
        return False
    if not silent:
        state.append_pending(two[0])
    state.pos = two.end()
    return True


def _emphasis(tokenize: Any) -> Any:
    """This rule of markdown-it, for scripts that write words without blanks as well: **これは。**次 is bold."""

    def rule(state: Any, silent: bool) -> bool:
        start, known = state.pos, len(state.delimiters)
        if not tokenize(state, silent):
            return False
        before, after = state.src[start - 1 : start], state.src[state.pos : state.pos + 1]
        for delimiter in state.delimiters[known:]:
            delimiter.open |= bool(UNSPACED.match(before)) and not after.isspace() and after != ""
            delimiter.close |= bool(UNSPACED.match(after)) and not before.isspace() and before != ""
        return True

    return rule


def _render_item(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """A list's items keep the numbers that were typed."""
    if tokens[index].info:
        tokens[index].attrSet("value", tokens[index].info)
    return str(renderer.renderToken(tokens, index, options, env))


def _in_link(char: str) -> bool:
    return char.isascii() or char in "·・" or unicodedata.category(char) not in ("Po", "Ps", "Pe", "Pi", "Pf")


@cache
def _linkify() -> Any:
    """Links as GitHub knows them: with a scheme, a "www." or an "@"; a bare README.md is none."""
    from linkify_it import LinkifyIt

    class Links(LinkifyIt):
        def normalize(self, match: Any) -> None:
            """End it before the punctuation of other scripts, which none of their addresses needs."""
            match.text = match.url = "".join(takewhile(_in_link, match.raw))
            match.last_index = match.index + len(match.text)
            if match.schema == "www.":
                match.url = f"http://{match.text}"
            super().normalize(match)

    links = Links(options={"fuzzy_link": False})
    return links.add("www.", {"validate": f"^{links.re['src_host_port_strict']}{links.re['src_path']}"})


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import emphasis, strikethrough

    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    markdown.linkify = _linkify()
    markdown.validateLink = _may_lead  # type: ignore[method-assign]
    markdown.enable(["linkify", "strikethrough"]).disable(_DISABLED)
    markdown.inline.ruler.at("escape", _backslash)
    for name, module in (("emphasis", emphasis), ("strikethrough", strikethrough)):
        markdown.inline.ruler.at(name, _emphasis(module.tokenize))
    markdown.inline.ruler.push("mention", _mention)
    markdown.add_render_rule("mention", _render_mention)
    markdown.add_render_rule("list_item_open", _render_item)
    return markdown
