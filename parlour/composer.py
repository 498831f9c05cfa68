"""What a page sends and no page of ours would."""

from typing import Any


class Malformed(ValueError):
    """A frame that no page of ours sends."""


def whole(value: Any) -> int:
    """A count as a page sends it: digits in a string, or a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    raise Malformed("That was not understood: a count was expected.")
