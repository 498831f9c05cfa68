"""Names of people: cleaned for showing, and folded for comparing."""

import unicodedata

LONGEST = 60  # characters of a display name
# Characters that show as nothing at all, though Unicode counts them as letters or symbols.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Cyrillic, Greek and other look-alikes, once case and accents are folded; "l", "i", "1" and "|" are one sign.
CYRILLIC = str.maketrans("абвгдеіјкмнорсѕтухһԁԛԝӏь", "abbrgeijkmhopcstyxhdqwib")
GREEK = str.maketrans("αβγεζηικμνορτυχω", "abyeznikuvoptuxw")
SIGNS = str.maketrans("l01|35$@", "ioiiessa")
ROLES = "admin administrator staff moderator mod system root owner support security parlour"


def clean(text: str) -> str:
    """`text` as it may be shown: NFC, one blank between words, nothing invisible or steering."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if not _hidden(char))
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def is_visible(text: str) -> bool:
    """Whether anything of `text` can be seen: a letter, a figure, a sign."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in BLANK for char in text)


def folded(text: str) -> str:
    """What `text` looks like at a glance: case, accents, blanks and look-alikes folded away."""
    plain = unicodedata.normalize("NFKD", clean(text).removeprefix("@")).casefold()
    for table in (CYRILLIC, GREEK, SIGNS):
        plain = unicodedata.normalize("NFKD", plain).translate(table)
    return "".join(char for char in plain if char.isalnum())


def is_role(text: str) -> bool:
    """Whether `text` reads like a role of the house: admin, staff, moderator …"""
    return folded(text) in FOLDED_ROLES


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") or char in BLANK


FOLDED_ROLES = frozenset(folded(role) for role in ROLES.split())
