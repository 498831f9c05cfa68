"""Fragments: the markup that goes down a socket, and the ids that say where it goes.

`Ids` is the only writer of the ids inside a region and of the swaps that target them; it knows nothing of a reader. A
frame is text whose top-level elements each say where they go; frames concatenate. htmx searches the whole document for
a target, so every id carries its region's key (https://htmx.org/attributes/hx-swap-oob/).
"""

import re
from functools import lru_cache

from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

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

        Other places are `afterbegin`, its beginning, and `afterend`, right after it.
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
