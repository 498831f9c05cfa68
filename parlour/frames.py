"""What a page sends: one flat JSON object a frame. Everything else is malformed."""

import json
from typing import Any

from parlour.composer import Malformed
from parlour.conf import conf

IGNORED = {"HEADERS", "headers", "csrfmiddlewaretoken"}  # htmx's own; HEADERS holds the page's URL


def fields(text: str) -> dict[str, Any]:
    """The fields of a frame: text, numbers, booleans, or lists of texts. Raises Malformed in the reader's words."""
    if len(text) > conf.FRAME_BYTES:
        raise Malformed("That was too much at once.")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("That was not understood: it is not JSON.") from None
    if not isinstance(frame, dict):
        raise Malformed("That was not understood: a JSON object was expected.")
    sent = {name: value for name, value in frame.items() if name not in IGNORED}
    for name, value in sent.items():
        if not _flat(value):
            raise Malformed(f"That was not understood: “{_shown(name)}” has the wrong type.")
    if not _encodes(sent):
        raise Malformed("That was not understood: half a character is in it.")
    return sent


def _shown(name: str) -> str:
    return name[:40].encode(errors="replace").decode()


def _encodes(frame: Any) -> bool:
    """A JSON escape can name half of a surrogate pair, which no database and no frame can hold."""
    try:
        json.dumps(frame, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _flat(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return value is None or isinstance(value, str | int | float)
