"""A patch changes one thing in a server. It names what it relies on, and in a release without that it stays off."""

import logging
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

log = logging.getLogger(__name__)

Patch = Callable[..., None]  # called with the objects that `requires` names

_done: set[tuple[Any, ...]] = set()


def requires(*targets: str) -> Callable[[Patch], Patch]:
    """Name what a patch relies on: `module:Class name .name`, names of the class, .names of its instances."""

    def decorate(patch: Patch) -> Patch:
        patch.targets = targets  # type: ignore[attr-defined]
        return patch

    return decorate


def apply(patches: Iterable[Patch]) -> None:
    """Call every patch once with its classes; one with a missing name is left out and logged, once."""
    for patch in patches:
        owners, missing = _resolve(patch.targets)  # type: ignore[attr-defined]
        if (patch, *owners) in _done:
            continue
        _done.add((patch, *owners))
        if missing:
            log.warning("%s is off: this release has no %s", patch.__name__, ", ".join(missing))
        else:
            patch(*owners)


def _resolve(targets: Iterable[str]) -> tuple[list[Any], list[str]]:
    """The classes of these targets, and those of the names that are missing."""
    owners, missing = [], []
    for target, *names in map(str.split, targets):
        module, _, name = target.partition(":")
        owner = _import(module, name)
        owners.append(owner)
        missing += [target] if owner is None else [each for each in names if not _has(owner, each)]
    return owners, missing


def _import(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def _has(owner: type, name: str) -> bool:
    """True when the class has the name, or, for a .name of its instances, when a method mentions it."""
    if not name.startswith("."):
        return hasattr(owner, name)
    members = (member for base in owner.__mro__ for member in vars(base).values())
    return any(name[1:] in getattr(getattr(each, "__code__", None), "co_names", ()) for each in members)
