"""Kinds of alerts: what they are called, and how many of one kind read as one line."""

from typing import NamedTuple

_known: dict[str, "Kind"] = {}


class Kind(NamedTuple):
    """`name` is what `notify` is given, `label` what a person chooses by.

    `many` are words for `{n}` of them together, of which the newest has the `{title}`.
    """

    name: str
    label: str
    many: str = ""

    def register(self) -> "Kind":
        """Make it known; an app does so when it is ready."""
        _known[self.name] = self
        return self

    def together(self, n: int, title: str) -> str:
        """The title of `n` alerts of this kind and one key, of which `title` is the newest."""
        if n == 1:
            return title
        return self.many.format(n=n, title=title) if self.many else f"{title}, and {n - 1} more"


def known() -> list[Kind]:
    """All kinds, by label."""
    return sorted(_known.values(), key=lambda kind: kind.label)


def kind(name: str) -> Kind:
    """The kind of this name; one nobody registered is called by its name."""
    return _known.get(name) or Kind(name, name.replace("_", " ").capitalize())
