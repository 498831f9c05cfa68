"""The sites that may frame a widget: what a person may write, and what of it goes into a header."""

import re

from django.utils.translation import gettext_lazy as _

MOST = 20
LONGEST = 100  # characters of a line: a proxy takes a header of all of them, 4 kB in nginx
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"(?:{_LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"  # its last label is none of an IP address
_ORIGIN = re.compile(rf"(?:https://(?:{_NAME}|\*\.{_LABEL}\.{_NAME})|http://localhost)(?::(?P<port>[0-9]{{1,5}}))?")
_SHAPE = _("Write https:// and a name, such as https://www.example.org, and after it nothing but a port.")
_WRONG = [  # the first that is found says most about the line
    (r"[^\x21-\x7e]", _("Write a name with other letters as browsers send it: as xn--…, without spaces.")),
    (
        r"http://(?!localhost\b)",
        _("Write https://: what comes by http:// can be changed on its way. Only localhost may."),
    ),
    (r"https?://[^/]*@", _("Leave out the part before the @.")),
    (r"https?://[^/?#]+[/?#]", _("Leave out everything after the name: whole sites are allowed, not single pages.")),
    (r"(?=.*\*)(?!https://\*\.[^*]*\.[^*]*$)", _("A * can only be the first part, as in https://*.example.org.")),
    (r"https://[0-9.]+(:|$)|https?://\[", _("Browsers compare names, not numbers. Write the name of the site.")),
]


def wrong_with(line: str) -> str:
    """Why no browser may be told that the site on this line is allowed; "" if it may."""
    if len(line) > LONGEST:
        return _("Please keep it to {n} characters.").format(n=LONGEST)
    found = _ORIGIN.fullmatch(line)
    if found and 0 < int(found["port"] or 443) < 65536:
        return ""
    return str(next((words for pattern, words in _WRONG if re.search(pattern, line)), _SHAPE))


def lines_of(text: str) -> dict[int, str]:
    """What a person wrote, by the number of its line, without empty ones."""
    return {number: line.strip().lower() for number, line in enumerate(text.splitlines(), 1) if line.strip()}


def origins(text: str) -> list[str]:
    """The allowed sites of a widget as they go into its policy: what is no origin stays out, wherever it came from."""
    return [line for line in lines_of(text).values() if not wrong_with(line)][:MOST]
