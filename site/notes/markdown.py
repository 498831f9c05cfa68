"""A block's text as it is kept and shown; a note as Markdown and back. In a block the markup rules of rooms hold."""

import re
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from django.conf import settings
from markdown_it import MarkdownIt

from notes.models import Kind, Note
from parlour import name_of
from rooms.markup import clean_text, folded, names_after, to_html
from rooms.names import bearing

ONE_LINE = {Kind.HEADING, Kind.SUBHEADING, Kind.CHECK}
MARKED_UP = {Kind.TEXT, Kind.LIST, Kind.CHECK, Kind.IMAGE}
MOST_NAMES = 20  # mentions looked up for one text
_ITEM = re.compile(r"\s*([-*+]|\d{1,9}[.)])\s")
_CHECK = re.compile(r"\s*[-*+] \[([ xX])\]\s+(.*)")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")

Piece = tuple[str, str, bool]  # kind, text, done


def cleaned(kind: str, text: str) -> str:
    """A text as a block of this kind keeps it. Raises TextRejected."""
    if kind == Kind.IMAGE and not text.strip():
        return ""
    text = clean_text(text.strip("\n") if kind == Kind.CODE else text)
    if kind in ONE_LINE:
        return " ".join(text.split())
    if kind == Kind.LIST:
        lines = [line for line in text.split("\n") if line.strip()]
        return "\n".join(line if _ITEM.match(line) or line[0] in " \t" else f"- {line}" for line in lines)
    return text


def marked_up(kind: str, text: str, readers: Any) -> tuple[str, Collection[Any]]:
    """The markup of a cleaned text, and the primary keys of those it mentions among `readers`, a test of people."""
    if kind not in MARKED_UP or not text:
        return "", ()
    marks = [at for at, sign in enumerate(text) if sign == "@"][:MOST_NAMES]
    typed = {name for at in marks for _, name in names_after(text, at)}
    alike = bearing(typed | {folded(name) for name in typed})[:100] if typed else ()
    people = [each for each in alike if readers(each)]
    return to_html(text, {folded(name): each.pk for each in people for name in (name_of(each), each.get_username())})


def pieces(kind: str, text: str) -> list[str]:
    """What a block falls into: the paragraphs of a text, or the lines of a list or a check item."""
    parts = text.split("\n") if kind in (Kind.LIST, Kind.CHECK) else re.split(r"\n\s*\n", text)
    return [part for part in parts if part.strip()] or [text]


def joined(kind: str, above: str, below: str) -> str:
    """Two texts as one block of this kind. Raises TextRejected."""
    between = " " if kind in ONE_LINE else "\n" if kind in (Kind.LIST, Kind.CODE) else "\n\n"
    return cleaned(kind, f"{above}{between}{below}")


def compare(theirs: str, mine: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts in parts, each with whether the other lacks it."""
    before, after = _WORDS.findall(theirs), _WORDS.findall(mine)
    left, right = [], []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left.append(("".join(before[a:b]), tag != "equal"))
        right.append(("".join(after[c:d]), tag != "equal"))
    return [part for part in left if part[0]], [part for part in right if part[0]]


def exported(note: Note, blocks: Collection[Any]) -> str:
    """The note as Markdown; check items that follow each other are one list."""
    text, before = f"# {note.title}", ""
    for block in blocks:
        text += ("\n" if before == block.kind == Kind.CHECK else "\n\n") + _exported(block)
        before = block.kind
    return f"{text}\n"


def _exported(block: Any) -> str:
    if block.kind == Kind.CODE:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
        return f"{fence}\n{block.text}\n{fence}"
    if block.kind == Kind.IMAGE:
        address = f"{settings.SITE_URL}/rooms/{block.image.room.slug}/files/{block.image_id}/" if block.image else ""
        return f"![{block.text}]({address})"
    marks = {Kind.HEADING: "## ", Kind.SUBHEADING: "### ", Kind.CHECK: f"- [{'x' if block.done else ' '}] "}
    return marks.get(block.kind, "") + block.text


def imported(text: str, title: str) -> list[Piece]:
    """The blocks of a Markdown text, without the heading that is the note's title. Images stay text."""
    text = text.replace("\r\n", "\n")
    lines, tokens, read = text.split("\n"), MarkdownIt("commonmark").parse(text), list[Piece]()
    for at, token in enumerate(tokens):
        source = "\n".join(lines[slice(*token.map)]).strip("\n") if token.map and not token.level else ""
        if token.type == "heading_open" and source:
            kind = Kind.HEADING if token.tag in ("h1", "h2") else Kind.SUBHEADING
            read.append((kind, tokens[at + 1].content, False))
        elif token.type in ("fence", "code_block") and source:
            read.append((Kind.CODE, token.content.rstrip("\n"), False))
        elif token.type.endswith("list_open"):
            read += _items([line for line in source.split("\n") if line.strip()])
        elif token.type != "hr":
            read.append((Kind.TEXT, source, False))
    read = [piece for piece in read if piece[1].strip()]
    return read[1:] if read and read[0] == (Kind.HEADING, title, False) else read


def _items(lines: list[str]) -> Iterator[Piece]:
    for is_check, group in groupby(lines, lambda line: bool(_CHECK.fullmatch(line))):
        if is_check:
            yield from ((Kind.CHECK, each[2], each[1] != " ") for each in map(_CHECK.fullmatch, group) if each)
        else:
            yield Kind.LIST, "\n".join(group), False
