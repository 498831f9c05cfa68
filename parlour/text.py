"""Text that people typed, as it may be stored and shown."""

import unicodedata

# Characters that show as nothing at all, though Unicode counts them as letters or symbols.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def clean(text: str) -> str:
    """`text` on one line: NFC, one blank between words, without control, invisible or direction characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # as below, in a fraction of the time
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if not _is_hidden(char))
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def is_visible(text: str) -> bool:
    """Whether anything of `text` can be seen: a letter, a figure, a sign."""
    return any(unicodedata.category(char)[0] in "LNPS" for char in clean(text))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") or char in BLANK
