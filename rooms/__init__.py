"""Chat rooms on any object: `{% room ticket %}`, and `@rooms.allow(Ticket)` says for whom. See `docs/rooms.md`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rooms.permissions import allow as allow

_MODULES = {"allow": "rooms.permissions"}  # decorator: who may read and write in the rooms on a model's objects
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'rooms' has no attribute '{name}'")
