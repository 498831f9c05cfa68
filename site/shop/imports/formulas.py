"""What a spreadsheet would calculate is text: an apostrophe goes before it on the way out, and off on the way back."""

import re

_FORMULA = re.compile(r"'*\s*[=+@＝＋－＠-]")


def harmless(cell: str) -> str:
    """`cell` as text: an apostrophe before what a spreadsheet would calculate."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
