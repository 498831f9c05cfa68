"""A page as a tree, and what a frame of fragments does to it: the part of htmx that programs need."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Node:
    """An element; `parts` are its child elements and strings."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: "Node | None" = None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.parts: list[Node | str] = []

    @property
    def text(self) -> str:
        """All text inside, runs of white space as one blank."""
        return " ".join("".join(self._strings()).split())

    @property
    def children(self) -> list["Node"]:
        return [part for part in self.parts if isinstance(part, Node)]

    def _strings(self) -> Iterator[str]:
        for part in self.parts:
            yield from [part] if isinstance(part, str) else part._strings()

    def walk(self) -> Iterator["Node"]:
        """This element and all below, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, tag: str = "", **attrs: str) -> "list[Node]":
        """Elements of `tag` with these attributes; class_ asks for one word of the class list."""
        return [node for node in self.walk() if (not tag or node.tag == tag) and node._fits(attrs)]

    def by_id(self, name: str) -> "Node | None":
        return next((node for node in self.walk() if node.attrs.get("id") == name), None)

    def _fits(self, wanted: dict[str, str]) -> bool:
        for name, value in wanted.items():
            mine = self.attrs.get(name.rstrip("_"))
            if mine is None or (value not in mine.split() if name == "class_" else value != mine):
                return False
        return True

    def replace_with(self, *nodes: "Node") -> None:
        """Put `nodes` in its place; none removes it."""
        if self.parent is not None:
            at = self.parent.parts.index(self)
            self.parent.parts[at:at + 1] = nodes
            for node in nodes:
                node.parent = self.parent

    def take(self, nodes: "list[Node]") -> None:
        self.parts.extend(nodes)
        for node in nodes:
            node.parent = self


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("#root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.parts.append(node)
        if tag not in EMPTY:
            self.here = node

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self.here
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self.here = node.parent

    def handle_data(self, data: str) -> None:
        self.here.parts.append(data)


def parse(html: str) -> Node:
    """The tree of a page or of a frame."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def apply(page: Node, frame: str) -> None:
    """Do to `page` what htmx does with `frame`; targets other than "#id" belong to the browser and are skipped."""
    for node in parse(frame).children:
        how, _, target = node.attrs.pop("hx-swap-oob", "").partition(":")
        name = re.fullmatch(r"#([\w-]+)", target)
        here = page.by_id(name[1] if name else "" if target else node.attrs.get("id", ""))
        if here is None or not how:
            continue
        if how == "beforeend":
            here.take(node.children)
        elif how == "innerHTML":
            here.parts = []
            here.take(node.children or [Node("#text", {})])
        elif how == "delete":
            here.replace_with()
        else:
            here.replace_with(node)
