"""A part mends one thing in a server. It names what it relies on there, and without that it stays off."""

import logging
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

log = logging.getLogger(__name__)

Part = Callable[..., None]  # called with the classes that its needs name

_seen: set[tuple[Any, ...]] = set()


def needs(*places: str) -> Callable[[Part], Part]:
    """Tell what a part relies on: `module:Class name .name`, names of the class, .names of its instances."""

    def tell(part: Part) -> Part:
        part.needs = places  # type: ignore[attr-defined]
        return part

    return tell


def fit(parts: Iterable[Part]) -> None:
    """Call every part once with its classes; one with a missing name is left out and logged, once."""
    for part in parts:
        owners, missing = _look_up(part.needs)  # type: ignore[attr-defined]
        if (part, *owners) in _seen:
            continue
        _seen.add((part, *owners))
        if missing:
            log.warning("%s is off: this release has no %s", part.__name__, ", ".join(missing))
        else:
            part(*owners)


def _look_up(places: Iterable[str]) -> tuple[list[Any], list[str]]:
    """The classes of these places, and those of the names that are missing."""
    owners, missing = [], []
    for place, *names in map(str.split, places):
        module, _, name = place.partition(":")
        owner = _class(module, name)
        owners.append(owner)
        missing += [place] if owner is None else [each for each in names if not _has(owner, each)]
    return owners, missing


def _class(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def _has(owner: type, name: str) -> bool:
    """True when the class has the name, or, for a .name of its instances, when a method speaks of it."""
    if not name.startswith("."):
        return hasattr(owner, name)
    members = (member for base in owner.__mro__ for member in vars(base).values())
    return any(name[1:] in getattr(getattr(each, "__code__", None), "co_names", ()) for each in members)
