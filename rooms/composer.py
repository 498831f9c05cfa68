"""Whether one writes in a box of one line, where Enter sends, or of several: as last chosen in this browser.

A page without cookies sends its own choice along.
"""

from django.http import HttpRequest, HttpResponse

COOKIE = "several_lines"
KEPT = 365 * 24 * 3600  # seconds


def several_lines(request: HttpRequest) -> bool:
    """What was chosen; until then several lines on a phone, whose keyboards have no Enter beside Shift."""
    chosen = request.COOKIES.get(COOKIE) or request.POST.get(COOKIE)
    phone = request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in request.headers.get("User-Agent", "")
    return chosen == "1" if chosen in ("0", "1") else phone


def choose(response: HttpResponse, several: bool, secure: bool) -> None:
    """Remember the choice in this browser."""
    value = "1" if several else "0"
    response.set_cookie(COOKIE, value, max_age=KEPT, secure=secure, httponly=True, samesite="Lax")
