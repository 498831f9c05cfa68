"""Text that people typed, as it may be stored and shown."""

import re
import unicodedata

# Characters that show as nothing at all, though Unicode counts them as letters or symbols; no XML holds the last two.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
JOINERS = "\u200c\u200d"
UNJOINED = ("LATIN", "GREEK", "CYRILLIC")  # scripts in which a joiner shows as nothing


def clean(text: str) -> str:
    """`text` on one line: NFC, one blank between words, without control, invisible or direction characters.

    A joiner stays where it shows: between letters of other scripts than Latin, Greek and Cyrillic, and in emoji.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # as below, in a fraction of the time
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if char in JOINERS or not _is_hidden(char))
    kept = re.sub(f"[{JOINERS}]", lambda joiner: joiner[0] if _shows(joiner) else "", kept)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def is_visible(text: str) -> bool:
    """Whether anything of `text` can be seen: a letter, a figure, a sign."""
    return any(unicodedata.category(char)[0] in "LNPS" for char in clean(text))


def _shows(joiner: re.Match[str]) -> bool:
    """Whether a joiner changes how the signs beside it look."""
    beside = joiner.string[joiner.start() - 1 : joiner.start()] + joiner.string[joiner.end() : joiner.end() + 1]
    if len(beside) < 2 or any(unicodedata.name(char, "").startswith(UNJOINED) for char in beside):
        return False
    kinds = [unicodedata.category(char) for char in beside]
    is_emoji = kinds[1] == "So" and (kinds[0] in ("So", "Sk") or beside[0] == "\ufe0f")
    return is_emoji or all(kind[0] in "LM" for kind in kinds)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") or char in BLANK
