"""Names of people: cleaned for showing, and folded for comparing."""

import re
import unicodedata

from django.core.exceptions import ValidationError

from parlour import clean

LONGEST = 60  # characters of a display name
# Look-alikes, once case and accents are folded; "l", "i", "1" and "|" are one sign.
CYRILLIC = str.maketrans("абвгдеіјкмнорсѕтухһԁԛԝӏь", "abbrgeijkmhopcstyxhdqwib")
GREEK = str.maketrans("αβγεζηικμνορτυχω", "abyeznikuvoptuxw")
CHEROKEE = str.maketrans("ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᎽᎾᏀᏃᏏᏒᏔᏙᏚᏞᏟᏢᏦᏴ", "drtiajewmhyogzbrwvslcpkb")
# Small capitals, dotless and script letters, letters with a stroke or a hook: their own names say what they look like.
LATIN_NAME = re.compile(r"LATIN (?:SMALL LETTER|LETTER SMALL CAPITAL)(?: DOTLESS| SCRIPT| OPEN)? ([A-Z])(?: WITH .+)?")
LATIN = {
    code: named[1].lower()
    for code in (*range(0x0100, 0x02B0), *range(0x1D00, 0x1DC0), *range(0x2C60, 0x2C80), *range(0xA720, 0xA800))
    if (named := LATIN_NAME.fullmatch(unicodedata.name(chr(code), "")))
} | {ord("ɑ"): "a"}
SIGNS = str.maketrans("l01|35$@", "ioiiessa")
ROLES = "everyone here admin administrator staff moderator mod system root owner support security parlour"


def validate_username(name: str) -> None:
    """Letters with their marks, digits and @ . + - _; Django's own rule knows no marks, which many scripts write by."""
    bare = "".join(char for char in name if unicodedata.category(char)[0] != "M")
    if not re.fullmatch(r"[\w.@+-]+", bare) or unicodedata.category(name[0])[0] == "M":
        raise ValidationError("A username has letters, digits and @ . + - _ only.", code="invalid")


def folded(text: str) -> str:
    """What `text` looks like at a glance, after the "@" of a mention: case, accents, blanks and likenesses folded."""
    return _glance(clean(text).removeprefix("@"))


def readings(text: str) -> set[str]:
    """What `text` may be read as: folded, and with the "@" before it taken for an "a"."""
    return {folded(text), _glance(clean(text))}


def is_role(text: str) -> bool:
    """Whether `text` reads like a role of the site: admin, staff, moderator …"""
    return bool(readings(text) & FOLDED_ROLES)


def _glance(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    for table in (CYRILLIC, GREEK, CHEROKEE, LATIN, SIGNS):
        plain = unicodedata.normalize("NFKD", plain).translate(table)
    kept = ""
    for char in plain:
        if char.isalnum() or (_is_vowel(char) and _bears_vowels(kept[-1:])):
            kept += char
    return kept.replace("rn", "m")


def _is_vowel(mark: str) -> bool:
    return unicodedata.category(mark)[0] == "M" and "VARIATION SELECTOR" not in unicodedata.name(mark, "")


def _bears_vowels(char: str) -> bool:
    """Whether a mark on this letter makes another name of it; in Latin, Greek and Cyrillic it is an accent."""
    name = unicodedata.name(char, "") if char and not char.isdecimal() else "LATIN"
    return not name.startswith(("LATIN", "GREEK", "CYRILLIC"))


FOLDED_ROLES = frozenset(folded(role) for role in ROLES.split())
