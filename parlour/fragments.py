"""Fragments: the markup that goes down a socket. Only this file makes the ids of a region and says where each goes.

A frame is text whose top-level elements each say where they go; frames concatenate. htmx searches the whole
document for a target, so every id carries its region's key (https://htmx.org/attributes/hx-swap-oob/).
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from parlour.streams import Stream

_UNFIT = re.compile(r"[^A-Za-z0-9_-]")  # a key may come from an address that nobody checked
_OPENING = re.compile(r"<[a-z][a-z0-9]*")


def joined(parts: Iterable[str]) -> SafeString:
    """Several pieces of markup as one; what is not markup yet is escaped."""
    return format_html_join("", "{}", ((part,) for part in parts))


class Region:
    """A part of a page that lives: everything inside it is called `<key>-<part>`.

    `socket` is the path its page connects to, `panel` the path that renders its live element anew, `role` what
    its reader may do. `streams` feed it; when a head in `guards` moves, its readers' rights are asked for again.
    `controls` is a template for what a page says to the server, such as a composer.
    """

    controls = "parlour/controls.html"
    address = ""  # of the page it stands on, for a link that leads back to it

    def __init__(self, key: str, socket: str, panel: str, role: str = "reader") -> None:
        self.key = _UNFIT.sub("", key)
        self.socket = socket
        self.panel = panel
        self.role = role
        self.streams: list[Stream] = []
        self.guards: list[str] = []

    def paint(self, request: HttpRequest) -> dict[str, Any]:
        """Context for the region's templates: its heads first, then what each stream shows up to them."""
        from parlour.pages import painted

        return painted(request, self)

    def id(self, part: object) -> str:
        return f"{self.key}-{part}" if part else self.key

    def append(self, part: str, markup: str, wrapper: str = "div") -> str:
        """Put `markup` at the end of a part. `wrapper` is dropped; it only has to be a lawful parent."""
        return f'<{wrapper} hx-swap-oob="beforeend:#{self.id(part)}">{markup}</{wrapper}>'

    def inner(self, part: str, markup: str) -> str:
        """Replace what a part holds. The way to write into a live region, whose own node must stay."""
        return f'<div hx-swap-oob="innerHTML:#{self.id(part)}">{markup}</div>'

    def title(self, text: str) -> str:
        """The title of the page, for the region that the page is about."""
        return format_html('<i hx-swap-oob="innerHTML:head title">{}</i>', text)

    def replaced(self, markup: str) -> str:
        """An element that takes the place of the one with its id."""
        return _OPENING.sub(lambda tag: f'{tag[0]} hx-swap-oob="true"', markup.strip(), count=1)

    def delete(self, part: str) -> str:
        return f'<i hx-swap-oob="delete:#{self.id(part)}"></i>'

    def delete_last(self, part: str) -> str:
        """Delete the last element inside a part."""
        return f'<i hx-swap-oob="delete:#{self.id(part)} > :last-child"></i>'

    def value(self, name: str, value: object) -> str:
        """Set a hidden field that the page sends back."""
        return self._field(self.id(name), name, value)

    def _field(self, id: str, name: str, value: object) -> str:  # noqa: A002
        markup = '<input type="hidden" id="{}" name="{}" value="{}" hx-swap-oob="true">'
        return format_html(markup, id, name, value)

    def cursor_id(self, stream: "Stream") -> str:
        return self.id(f"cursor-{stream.name.replace('.', '_')}-{stream.part}")

    def cursor(self, stream: "Stream", value: str) -> str:
        """The cursor of one of the region's streams. It ends every frame that carries an event."""
        return self._field(self.cursor_id(stream), "cursor", value)

    def beat(self, wait: int = 0, reason: str = "Reconnecting…") -> str:
        """The heartbeat: as long as it is renewed the banner stays hidden and the watchdog asleep.

        `wait` (0 to 5 seconds) keeps a fleet of pages from asking in step.
        """
        return format_html(
            '<div id="{0}" hx-swap-oob="true"><i id="{1}" class="beat wait-{2}"></i>'
            '<p class="banner" role="status">{3}</p></div>',
            self.id("hb"),
            self.id("beat"),
            wait,
            reason,
        )

    def farewell(self, markup: str) -> str:
        """The heartbeat's place, for good: words, a link that leads on, and no beat that would wake the watchdog."""
        return f'<div id="{self.id("hb")}" hx-swap-oob="true">{markup}</div>'
