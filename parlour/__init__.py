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
    from parlour.database import run as run
    from parlour.database import submit as submit
    from parlour.drain import draining as draining
    from parlour.hub import listeners as listeners
    from parlour.hub import tick_age as tick_age
    from parlour.limits import rate_limit as rate_limit
    from parlour.live_lists import live_list as live_list
    from parlour.live_parts import live as live
    from parlour.logs import log_source as log_source
    from parlour.models import Lease as Lease
    from parlour.models import Numbered as Numbered
    from parlour.regions import Region as Region
    from parlour.regions import in_page_language as in_page_language
    from parlour.streams import LogStream as LogStream
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
_MODULES = {
    "Change": "parlour.writes",  # what one write collects: rows to add, rows to edit, streams to touch
    "Consumer": "parlour.consumer",  # one WebSocket of one page
    "Credential": "parlour.credentials",  # by what a socket knows who opened it, if not by a session
    "Denied": "parlour.consumer",  # why a page may not be here
    "Identity": "parlour.credentials",  # what a credential tells: the person, and until when
    "Lease": "parlour.models",  # who holds what, and until when: presence, running jobs
    "LogStream": "parlour.streams",  # rows in order
    "Malformed": "parlour.consumer",  # a frame that no page of ours sends
    "Numbered": "parlour.models",  # base of models whose rows travel in a log
    "Region": "parlour.regions",  # a part of a page that is kept up to date
    "StateStream": "parlour.streams",  # the present
    "Stream": "parlour.streams",  # base of both kinds
    "clean": "parlour.text",  # text without control characters, in one form
    "draining": "parlour.drain",  # whether this process was told to end
    "in_page_language": "parlour.regions",  # answer htmx in the language of its page
    "is_visible": "parlour.text",  # whether anything of a text can be seen
    "listeners": "parlour.hub",  # how many sockets follow each stream here, for an operator
    "live": "parlour.live_parts",  # decorator of functions that show a part of pages
    "live_list": "parlour.live_lists",  # the same for the rows of a queryset
    "live_write": "parlour.writes",  # decorator of functions that change streams
    "log_source": "parlour.logs",  # what the running code works for, for log lines
    "name_of": "parlour.who_is_here",  # how a person is shown to others, with any user model
    "people_here": "parlour.who_is_here",  # the part behind {% people_here %}: who may see who is there
    "people_in": "parlour.who_is_here",  # everybody with a lease of a name
    "rate_limit": "parlour.limits",  # a token bucket for each person or address
    "refused_sockets": "parlour.consumer",  # why no socket gets in, for an operator
    "revoke": "parlour.writes",  # have a person's rights checked again
    "row_heads": "parlour.watch",  # the heads that move with one row of a watched model
    "rows_head": "parlour.watch",  # the head that moves with every row of a watched model
    "run": "parlour.database",  # use the ORM from asynchronous code
    "shared_layer": "parlour.bus",  # the channel layer that other processes hear, if there is one
    "submit": "parlour.database",  # run something on the engine's database threads
    "tick_age": "parlour.hub",  # seconds since the engine last looked for what lost hints hid
    "watch_model": "parlour.watch",  # have heads move with the rows of a model
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        if installed.apps_ready and not installed.is_installed("parlour"):
            raise ImproperlyConfigured('Put "parlour" first in INSTALLED_APPS.')
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'parlour' has no attribute '{name}'")
