"""A page without a browser, for the test kit: it takes frames as htmx does."""

from collections.abc import Mapping
from typing import Any

from django.test.html import Element, parse_html


class Document:
    """Elements found by id. Knows the out-of-band swaps that fragments use, and refuses any other."""

    def __init__(self, markup: str) -> None:
        self.root = parse_html(f"<main>{markup}</main>")

    @classmethod
    def of(cls, painted: Mapping[str, Any]) -> "Document":
        """The first paint of a region's streams, with the fields that a socket writes."""
        region = painted["region"]
        parts = "".join(
            f'<div id="{region.id(part)}">{each["markup"]}</div>' for part, each in painted["shown"].items()
        )
        cursors = painted["cursors"].items()
        parts += "".join(f'<input id="{name}" name="cursor" value="{value}">' for name, value in cursors)
        own = ["hb", "met", "page", "acked", "box", "err", "note", "typing", "announce", "more"]
        return cls(parts + "".join(f'<div id="{region.id(part)}"></div>' for part in own))

    def apply(self, frame: str) -> None:
        for element in _elements(parse_html(f"<main>{frame}</main>")):
            swap = str(dict(element.attributes)["hx-swap-oob"])
            element.attributes = [each for each in element.attributes if each[0] != "hx-swap-oob"]
            kind, _, selector = swap.partition(":")
            getattr(self, f"_{kind}")(element, selector.removeprefix("#"))

    def _true(self, element: Element, _: str) -> None:
        parent, place = self._place(str(dict(element.attributes)["id"]))
        if parent is not None:
            parent.children[place] = element

    def _innerHTML(self, element: Element, target: str) -> None:  # noqa: N802  htmx's word
        if found := self.find(target):
            found.children = element.children

    def _beforeend(self, element: Element, target: str) -> None:
        if found := self.find(target):
            found.children = [*found.children, *element.children]

    def _afterbegin(self, element: Element, target: str) -> None:
        if found := self.find(target):
            found.children = [*element.children, *found.children]

    def _beforebegin(self, element: Element, target: str) -> None:
        parent, place = self._place(target)
        if parent is not None:
            parent.children[place:place] = element.children

    def _afterend(self, element: Element, target: str) -> None:
        parent, place = self._place(target)
        if parent is not None:
            parent.children[place + 1 : place + 1] = element.children

    def _delete(self, element: Element, target: str) -> None:
        target, _, last = target.partition(" > ")
        if last and (found := self.find(target)):
            found.children = found.children[:-1]
        elif not last:
            parent, place = self._place(target)
            if parent is not None:
                del parent.children[place]

    def find(self, id: str) -> Element | None:  # noqa: A002
        parent, place = self._place(id)
        return parent.children[place] if parent is not None else None

    def _place(self, id: str, root: Element | None = None) -> tuple[Element | None, int]:  # noqa: A002
        root = root or self.root
        for place, child in enumerate(root.children):
            if isinstance(child, Element):
                if dict(child.attributes).get("id") == id:
                    return root, place
                inside = self._place(id, child)
                if inside[0] is not None:
                    return inside
        return None, -1

    def value(self, id: str) -> str:  # noqa: A002
        found = self.find(id)
        return str(dict(found.attributes).get("value", "")) if found else ""

    def set_value(self, id: str, value: str) -> None:  # noqa: A002
        if found := self.find(id):
            found.attributes = sorted([*(each for each in found.attributes if each[0] != "value"), ("value", value)])

    def cursors(self) -> list[str]:
        fields = [dict(each.attributes) for each in _elements(self.root)]
        return [str(each["value"]) for each in fields if each.get("name") == "cursor"]

    def part(self, id: str) -> str:  # noqa: A002
        """An element's markup without its fleeting lines."""
        found = self.find(id)
        return "".join(str(child) for child in _lasting(found)) if found else ""

    def text(self) -> str:
        return " ".join(_text(self.root).split())


def _elements(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _lasting(element: Element) -> list[Any]:
    fleeting = [c for c in _elements(element) if "data-fleeting" in dict(c.attributes)]
    return [child for child in element.children if child not in fleeting and str(child).strip()]


def _text(element: Element) -> str:
    return " ".join(_text(child) if isinstance(child, Element) else child for child in element.children)
