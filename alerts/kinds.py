"""Kinds of alerts: what they are called, and how several of one kind read as one line."""

from typing import NamedTuple

_registered: dict[str, "Kind"] = {}


class Kind(NamedTuple):
    """`name` is what `notify` is given, `label` what a person chooses by.

    `many` is the title of `{n}` alerts together, of which the newest has the `{title}`.
    """

    name: str
    label: str
    many: str = ""

    def register(self) -> "Kind":
        """Offer it in people's preferences. An app registers its kinds in AppConfig.ready."""
        _registered[self.name] = self
        return self

    def title_of(self, n: int, newest: str) -> str:
        """The title of `n` alerts of this kind and one key, of which the newest has the title `newest`."""
        if n == 1:
            return newest
        return self.many.format(n=n, title=newest) if self.many else f"{newest}, and {n - 1} more"


def registered() -> list[Kind]:
    """All registered kinds, by label."""
    return sorted(_registered.values(), key=lambda kind: kind.label)


def kind(name: str) -> Kind:
    """The kind of this name. One that nobody registered gets its label from its name."""
    return _registered.get(name) or Kind(name, name.replace("_", " ").capitalize())
