"""Live pages for Django with no JavaScript of their own. `docs/parlour.md` builds one in thirty lines of live code."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Consumer": "parlour.consumers",  # one socket of one page
    "Refused": "parlour.admission",  # why a page may not be here
    "Region": "parlour.fragments",  # a part of a page that lives
    "Log": "parlour.logs",  # rows in order
    "State": "parlour.states",  # the present
    "Numbered": "parlour.models",  # a row that travels
    "deed": "parlour.changes",  # a verb that changes streams
    "revoke": "parlour.revocation",  # have a person's rights asked for again
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is fetched when it is used."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'parlour' has no attribute '{name}'")
