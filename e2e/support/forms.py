"""What a browser would send of a form."""

from collections.abc import Mapping

from .markup import Node

Fields = list[tuple[str, str]]
Change = str | list[str] | None


def form_with(page: Node, names: Mapping[str, Change]) -> Node:
    """The posting form that has all these fields; raises LookupError when there is none."""
    main = page.find("main") or [page]  # the header has forms of its own
    for form in main[0].find("form"):
        here = {node.attrs.get("name") for node in form.walk()}
        if form.attrs.get("method", "").lower() == "post" and set(names) <= here:
            return form
    raise LookupError(f"no form with {sorted(names)} in: {page.text[:300]}")


def filled(form: Node, changes: Mapping[str, Change]) -> Fields:
    """The form's fields as they stand, with `changes`; None unticks or leaves out, a list ticks several."""
    fields: Fields = []
    for node in form.walk():
        name = node.attrs.get("name", "")
        if name and name not in changes and "disabled" not in node.attrs:
            fields += [(name, value) for value in _values(node)]
    for name, change in changes.items():
        fields += [(name, value) for value in ([change] if isinstance(change, str) else change or [])]
    return fields


def _values(node: Node) -> list[str]:
    kind = node.attrs.get("type", "text").lower()
    if node.tag == "textarea":
        return ["".join(part for part in node.parts if isinstance(part, str)).removeprefix("\n")]
    if node.tag == "select":
        options = node.find("option")
        chosen = [option for option in options if "selected" in option.attrs]
        if not chosen and "multiple" not in node.attrs:
            chosen = options[:1]
        return [option.attrs.get("value", option.text) for option in chosen]
    if node.tag != "input" or kind in ("submit", "button", "image", "file", "reset"):
        return []
    if kind in ("checkbox", "radio"):
        return [node.attrs.get("value", "on")] if "checked" in node.attrs else []
    return [node.attrs.get("value", "")]
