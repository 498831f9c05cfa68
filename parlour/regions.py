"""A region: one reader's part of a page that is kept up to date, and the fragments (markup) that go down its socket.

`Ids` makes the ids inside a region, and the swaps that target them; it knows nothing of a reader. A
frame is text whose top-level elements each say where they go; frames concatenate. htmx searches the whole document for
a target, so every id carries its region's key (https://htmx.org/attributes/hx-swap-oob/).
"""

import re
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import get_resolver, get_script_prefix, get_urlconf, reverse
from django.utils import translation
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from parlour.models import EPOCH, Head, read_heads

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

    from parlour.streams import Stream

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_-]")  # a key may come from an address that nobody checked
_FIRST_TAG = re.compile(r"<[a-z][a-z0-9]*")


class Ids:
    """The ids of one region, all of the form `<key>-<part>`, and fragments (markup) that target them."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = _NOT_IN_KEYS.sub("", key)

    def id(self, part: object) -> str:
        return f"{self.key}-{part}" if part else self.key

    def append(self, part: str, markup: str, wrapper: str = "div", place: str = "beforeend") -> str:
        """Put `markup` at the end of a part. htmx drops `wrapper`; it only has to be a valid parent of the markup.

        Other places are `afterbegin`, its beginning, `beforebegin`, right before it, and `afterend`, right after it.
        """
        return f'<{wrapper} hx-swap-oob="{place}:#{self.id(part)}">{markup}</{wrapper}>'

    def inner(self, part: str, markup: str) -> str:
        """Replace the content of a part. The way to write into a live region, whose own element must stay."""
        return f'<div hx-swap-oob="innerHTML:#{self.id(part)}">{markup}</div>'

    def replaced(self, markup: str) -> str:
        """Replace the element that has the same id as the first element of `markup`."""
        return _FIRST_TAG.sub(lambda tag: f'{tag[0]} hx-swap-oob="true"', markup.strip(), count=1)

    def title(self, text: str) -> str:
        """Replace the page's title."""
        return format_html('<i hx-swap-oob="innerHTML:head title">{}</i>', text)

    def title_of_page(self, text: str) -> str:
        """Replace the page's title, for the region that the page is about, also where a bell counts before it."""
        return format_html('<i hx-swap-oob="innerHTML:head title, .pl-page-title">{}</i>', text)

    def delete(self, part: str) -> str:
        return f'<i hx-swap-oob="delete:#{self.id(part)}"></i>'

    def delete_last(self, part: str) -> str:
        """Delete the last element inside a part."""
        return f'<i hx-swap-oob="delete:#{self.id(part)} > :last-child"></i>'

    def value(self, name: str, value: object) -> str:
        """Set a hidden field that the page sends back."""
        return _hidden_field(self.id(name), name, value)

    def cursor_id(self, stream: str, part: str) -> str:
        return self.id(f"cursor-{stream.replace('.', '_')}-{part}")

    def cursor(self, stream: str, part: str, epoch: int, seq: int) -> str:
        """Set the cursor of one stream. It ends every frame that carries an event of that stream."""
        return _hidden_field(self.cursor_id(stream, part), "cursor", cursor_text(stream, epoch, seq))

    def beat(self, wait: int, language: str) -> str:
        """The heartbeat. While it is renewed the banner stays hidden and the watchdog waits.

        `wait` (0 to 5 seconds) delays the watchdog, so that many pages do not ask at the same time.
        """
        return _beat(self.key, wait, language)

    def farewell(self, markup: str) -> str:
        """Replace the heartbeat for good with words and a link: without a beat the watchdog never runs again."""
        return f'<div id="{self.id("hb")}" hx-swap-oob="true">{markup}</div>'


def cursor_text(stream: str, epoch: int, seq: int) -> str:
    """The cursor as a page holds it: `<stream>:<epoch>.<seq>`. The epoch tells a database from its own backups."""
    return f"{stream}:{epoch:x}.{seq}"


def _hidden_field(id: str, name: str, value: object) -> SafeString:  # noqa: A002
    return format_html('<input type="hidden" id="{}" name="{}" value="{}" hx-swap-oob="true">', id, name, value)


@lru_cache(maxsize=4096)
def _beat(key: str, wait: int, language: str) -> SafeString:
    with translation.override(language):
        words = gettext("Reconnecting…")
    return format_html(
        '<div id="{0}-hb" hx-swap-oob="true"><i id="{0}-beat" class="pl-beat pl-wait-{1}"></i>'
        '<p class="pl-banner" role="status">{2}</p></div>',
        key,
        wait,
        words,
    )


def address(name: str, *args: Any) -> str:
    """What `reverse(name, args=args)` gives, kept by its arguments: to reverse takes as long as a query."""
    return _reversed(get_resolver(get_urlconf()), get_script_prefix(), translation.get_language(), name, args)


@lru_cache(maxsize=8192)
def _reversed(_resolver: Any, _prefix: str, _language: str | None, name: str, args: tuple[Any, ...]) -> str:
    return reverse(name, args=args)


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


@cache
def _shared(names: tuple[str, ...]) -> Any:
    return type("SharedRegion", (namedtuple("SharedRegion", names),), {"id": Ids.id})


class Region(Ids):
    """One reader's region: everything inside it has an id that begins with `key`.

    `socket` is the path its page connects to, from the site's root, `panel` the path that renders its live element
    anew (`reverse_lazy` spares that to rights that are only checked again), `role` what the reader may do. `streams`
    feed it; when a head in `guards` moves, the reader's rights are checked again. `controls` is the template of what
    the page can send to the server, such as a composer. Make it with the reader's language in force.
    """

    controls = "parlour/controls.html"
    address = ""  # of the page it stands on, for a link that leads back to it
    by_post = False  # its page asks by POST, with the fields in `<key>-sent`, where no cookie says who it is
    shared_names: tuple[str, ...] = ("key", "socket", "panel", "role", "controls", "by_post")

    def __init__(self, key: str, socket: str, panel: "_StrOrPromise", role: str = "reader") -> None:
        super().__init__(key)
        prefix = get_script_prefix()
        self.socket = with_language(socket if socket.startswith(prefix) else prefix + socket[1:])
        self.panel = with_language(panel)
        self.role = role
        self.streams: list[Stream] = []
        self.guards: list[str] = []

    @cached_property
    def shared(self) -> Any:
        """What `{% kept %}` may use of it: `shared_names`, and `id`."""
        values = (getattr(self, name) for name in self.shared_names)
        return _shared(self.shared_names)(*(str(each) if isinstance(each, Promise) else each for each in values))

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

    def present(self, request: HttpRequest) -> str:
        """Fragments of all parts as they are now, and of their cursors, for a page without a socket."""
        painted = self.paint(request)
        parts = [self.inner(name, each["markup"]) for name, each in painted["shown"].items()]
        return "".join([*parts, *(_hidden_field(name, "cursor", text) for name, text in painted["cursors"].items())])
