"""A page as a tree, and what a frame of fragments does to it: the part of htmx that programs need."""

import re
from collections.abc import Iterator, Sequence
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
        """Elements of `tag` with these attributes, _ for -; class_ asks for one word of the class list."""
        return [node for node in self.walk() if (not tag or node.tag == tag) and node._fits(attrs)]

    def _fits(self, wanted: dict[str, str]) -> bool:
        for name, value in wanted.items():
            mine = self.attrs.get(name.rstrip("_").replace("_", "-"))
            if mine is None or (value not in mine.split() if name == "class_" else value != mine):
                return False
        return True


class Page(Node):
    """A whole page or a whole frame, with all its ids at hand."""

    def __init__(self) -> None:
        super().__init__("#page", {})
        self.ids: dict[str, Node] = {}

    def by_id(self, name: str) -> Node | None:
        return self.ids.get(name)

    def put(self, into: Node, parts: Sequence[Node | str]) -> None:
        """Append `parts` to an element of this page."""
        into.parts.extend(parts)
        for node in (part for part in parts if isinstance(part, Node)):
            node.parent = into
            self.ids.update({each.attrs["id"]: each for each in node.walk() if "id" in each.attrs})

    def empty(self, here: Node) -> None:
        """Take out all that an element holds."""
        for node in here.walk():
            if node is not here:
                self.ids.pop(node.attrs.get("id", ""), None)
        here.parts = []

    def replace(self, here: Node, *nodes: Node) -> None:
        """Put `nodes` in the place of an element; none removes it."""
        self.empty(here)
        self.ids.pop(here.attrs.get("id", ""), None)
        if here.parent is not None:
            at, home = here.parent.parts.index(here), here.parent
            after = home.parts[at + 1 :]
            del home.parts[at:]
            self.put(home, nodes)
            home.parts.extend(after)

    def apply(self, frame: str) -> None:
        """Do what htmx does with `frame`, at the first target of several; others than "#id" are left to browsers."""
        for node in parse(frame).children:
            how, _, target = node.attrs.pop("hx-swap-oob", "").partition(":")
            names = re.fullmatch(r"#[\w-]+(, #[\w-]+)*", target)
            ids = names[0].replace("#", "").split(", ") if names else [] if target else [node.attrs.get("id", "")]
            here = next((self.ids[each] for each in ids if each in self.ids), None)
            if here is not None and how:
                self._swap(how, here, node)

    def _swap(self, how: str, here: Node, node: Node) -> None:
        if how == "beforeend":
            self.put(here, node.parts)
        elif how == "innerHTML":
            self.empty(here)
            self.put(here, node.parts)
        elif how == "delete":
            self.replace(here)
        else:
            self.replace(here, node)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.here: Node = self.page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.parts.append(node)
        if "id" in node.attrs:
            self.page.ids[node.attrs["id"]] = node
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


def parse(html: str) -> Page:
    """The tree of a page or of a frame."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.page
