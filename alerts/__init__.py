"""Tell a person or a role something: `from alerts import notify, Role`. See `docs/alerts.md`."""

from importlib import import_module
from typing import Any

_HOMES = {
    "notify": "alerts.telling",
    "anotify": "alerts.telling",
    "settle": "alerts.telling",
    "Role": "alerts.audiences",
    "Kind": "alerts.kinds",
    "add_to_bell": "alerts.streams",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is fetched when it is used."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'alerts' has no attribute '{name}'")
