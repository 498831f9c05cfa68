"""Live pages for Django with no JavaScript of their own. `docs/parlour.md` builds one in thirty lines of live code.

These names are the public API; apps import nothing else of the engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parlour.admission import Denied as Denied
    from parlour.changes import Change as Change
    from parlour.changes import live_write as live_write
    from parlour.composer import Malformed as Malformed
    from parlour.consumers import Consumer as Consumer
    from parlour.fragments import Region as Region
    from parlour.limits import rate_limit as rate_limit
    from parlour.logs import LogStream as LogStream
    from parlour.models import Lease as Lease
    from parlour.models import Numbered as Numbered
    from parlour.revocation import revoke as revoke
    from parlour.states import StateStream as StateStream
    from parlour.streams import Stream as Stream

_MODULES = {
    "Change": "parlour.changes",  # what one write collects: rows to add, rows to edit, streams to touch
    "Consumer": "parlour.consumers",  # one WebSocket of one page
    "Denied": "parlour.admission",  # why a page may not be here
    "Lease": "parlour.models",  # who holds what, and until when: presence, running jobs
    "LogStream": "parlour.logs",  # rows in order
    "Malformed": "parlour.composer",  # a frame that no page of ours sends
    "Numbered": "parlour.models",  # base of models whose rows travel in a log
    "Region": "parlour.fragments",  # a part of a page that is kept up to date
    "StateStream": "parlour.states",  # the present
    "Stream": "parlour.streams",  # base of both kinds
    "live_write": "parlour.changes",  # decorator of functions that change streams
    "rate_limit": "parlour.limits",  # a token bucket for each person or address
    "revoke": "parlour.revocation",  # have a person's rights asked for again
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'parlour' has no attribute '{name}'")
