"""What a spreadsheet would calculate is text: an apostrophe goes before it on the way out, and off on the way back."""

import re

_BEGINS = r"(?:^|(?<=[;\t\r\n]))"  # also where other separators would part a cell
_FORMULA = r"(?=[\s']*[=+@＝＋－＠-])"
_BARE, _MARKED = re.compile(f"{_BEGINS}{_FORMULA}"), re.compile(f"{_BEGINS}'{_FORMULA}")


def harmless(cell: str) -> str:
    """`cell` as text: an apostrophe before what a spreadsheet would calculate."""
    return _BARE.sub("'", cell)


def plain(cell: str) -> str:
    """What `harmless` was given."""
    return _MARKED.sub("", cell)
