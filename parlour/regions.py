"""A region: one reader's part of a page that is kept up to date, with its streams, socket, panel and role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils import translation

from parlour.fragments import Ids, cursor_text
from parlour.models import EPOCH, Head, read_heads
from parlour.streams import Stream

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


def with_language(address: "_StrOrPromise") -> "_StrOrPromise":
    """An address for a page's socket or request, which names the page's language unless it is LANGUAGE_CODE."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return address
    return f"{address}{'&' if '?' in address else '?'}language={language}"


def page_language(request: HttpRequest) -> str:
    """The language of the page that asks: from an address made by `with_language`, or a header that htmx was given."""
    language = request.GET.get("language") or request.headers.get("Parlour-Language")
    try:
        return translation.get_supported_language_variant(language) if language else settings.LANGUAGE_CODE
    except LookupError:
        return settings.LANGUAGE_CODE


@contextmanager
def in_page_language(request: HttpRequest) -> Iterator[None]:
    """Answer htmx in the language of its page, whatever a middleware made of the cookies.

    `hx-headers='{"Parlour-Language":"{{ LANGUAGE_CODE }}"}'` on the page says which it is.
    """
    with translation.override(page_language(request)):
        yield


class Region(Ids):
    """One reader's region: everything inside it has an id that begins with `key`.

    `socket` is the path its page connects to, from the site's root, `panel` the path that renders its live element
    anew (`reverse_lazy` spares that to rights that are only checked again), `role` what the reader may do. `streams`
    feed it; when a head in `guards` moves, the reader's rights are checked again. `controls` is the template of what
    the page can send to the server, such as a composer. Make it with the reader's language in force.
    """

    controls = "parlour/controls.html"
    address = ""  # of the page it stands on, for a link that leads back to it

    def __init__(self, key: str, socket: str, panel: "_StrOrPromise", role: str = "reader") -> None:
        super().__init__(key)
        prefix = get_script_prefix()
        self.socket = with_language(socket if socket.startswith(prefix) else prefix + socket[1:])
        self.panel = with_language(panel)
        self.role = role
        self.streams: list[Stream] = []
        self.guards: list[str] = []

    def paint(self, request: HttpRequest) -> dict[str, Any]:
        """Context for the templates: `region`, `shown` (by part, with its `markup`), `cursors` (by id) and `debug`.

        Heads are read before rows, so that no cursor is ahead of what the page shows.
        """
        names = {name for stream in self.streams for name in stream.heads}
        try:
            heads = read_heads({EPOCH, *names})
        except DatabaseError as error:
            if Head._meta.db_table not in str(error):
                raise
            raise ImproperlyConfigured("Parlour's tables are missing: run manage.py migrate.") from error
        epoch = heads.pop(EPOCH) or Head.objects.epoch()
        shown: dict[str, dict[str, Any]] = {}
        cursors = {}
        for stream in self.streams:
            seq = sum(heads[name] for name in stream.heads)
            shown[stream.part] = {"part": stream.part, **stream.paint(stream.variant(request.user), seq)}
            cursors[self.cursor_id(stream.name, stream.part)] = cursor_text(stream.name, epoch, seq)
        return {"region": self, "shown": shown, "cursors": cursors, "debug": settings.DEBUG}
