"""Live pages for Django with no JavaScript of their own. `docs/parlour.md` builds one in ten minutes.

These names are the public API; apps import nothing else of the engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps as installed
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from parlour.bus import shared_layer as shared_layer
    from parlour.consumer import Consumer as Consumer
    from parlour.consumer import Denied as Denied
    from parlour.consumer import Malformed as Malformed
    from parlour.consumer import refused_sockets as refused_sockets
    from parlour.credentials import Credential as Credential
    from parlour.credentials import Identity as Identity
    from parlour.database import by_pk as by_pk
    from parlour.database import log_source as log_source
    from parlour.database import run as run
    from parlour.database import submit as submit
    from parlour.database import written_out as written_out
    from parlour.drain import draining as draining
    from parlour.hub import listeners as listeners
    from parlour.hub import tick_age as tick_age
    from parlour.limits import rate_limit as rate_limit
    from parlour.live_lists import live_list as live_list
    from parlour.live_parts import live as live
    from parlour.models import Head as Head
    from parlour.models import Lease as Lease
    from parlour.models import Numbered as Numbered
    from parlour.models import Ordered as Ordered
    from parlour.regions import Region as Region
    from parlour.regions import address as address
    from parlour.regions import in_page_language as in_page_language
    from parlour.streams import Answer as Answer
    from parlour.streams import LogStream as LogStream
    from parlour.streams import OrderedStream as OrderedStream
    from parlour.streams import StateStream as StateStream
    from parlour.streams import Stream as Stream
    from parlour.text import clean as clean
    from parlour.text import is_visible as is_visible
    from parlour.watch import row_heads as row_heads
    from parlour.watch import rows_head as rows_head
    from parlour.watch import watch_model as watch_model
    from parlour.who_is_here import name_of as name_of
    from parlour.who_is_here import people_here as people_here
    from parlour.who_is_here import people_in as people_in
    from parlour.writes import Change as Change
    from parlour.writes import live_write as live_write
    from parlour.writes import revoke as revoke

__version__ = "0.1.0"
_NAMES = {  # docs/reference.md says what they are
    "parlour.bus": ["shared_layer"],
    "parlour.consumer": ["Consumer", "Denied", "Malformed", "refused_sockets"],
    "parlour.credentials": ["Credential", "Identity"],
    "parlour.database": ["by_pk", "log_source", "run", "submit", "written_out"],
    "parlour.drain": ["draining"],
    "parlour.hub": ["listeners", "tick_age"],
    "parlour.limits": ["rate_limit"],
    "parlour.live_lists": ["live_list"],
    "parlour.live_parts": ["live"],
    "parlour.models": ["Head", "Lease", "Numbered", "Ordered"],
    "parlour.regions": ["Region", "address", "in_page_language"],
    "parlour.streams": ["Answer", "LogStream", "OrderedStream", "StateStream", "Stream"],
    "parlour.text": ["clean", "is_visible"],
    "parlour.watch": ["row_heads", "rows_head", "watch_model"],
    "parlour.who_is_here": ["name_of", "people_here", "people_in"],
    "parlour.writes": ["Change", "live_write", "revoke"],
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        if installed.apps_ready and not installed.is_installed("parlour"):
            raise ImproperlyConfigured('Put "parlour" first in INSTALLED_APPS.')
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'parlour' has no attribute '{name}'")
