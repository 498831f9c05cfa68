"""What a person looks like: initials on a colour of their own."""

import colorsys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts.models import User

GOLDEN = 137.508  # degrees between the hues of two neighbours, so that they differ
CONTRAST = 4.6  # of white initials against the ground, at least
HOUR, YEAR = 3600, 365 * 24 * 3600  # seconds

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36" width="36" height="36">'
    '<rect width="36" height="36" rx="18" fill="{}"/><text x="18" y="18" dy=".35em" text-anchor="middle" '
    'font-family="system-ui, sans-serif" font-size="14" font-weight="600" fill="#fff">{}</text></svg>'
)


@require_safe
def avatar(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of this person; 404 for nobody. An address with the version of a name never has another picture."""
    person = get_object_or_404(User, pk=pk)
    picture = format_html(SVG, colour(pk), initials(person.name))
    headers = {"Cache-Control": f"public, max-age={YEAR}, immutable" if request.GET else f"public, max-age={HOUR}"}
    return HttpResponse(picture, content_type="image/svg+xml", headers=headers)


def initials(name: str) -> str:
    """The first letters of the first and the last word, at most two."""
    words = [word for word in ("".join(filter(str.isalnum, word)) for word in name.split()) if word]
    letters = [word[0].upper()[:1] for word in words]
    return "".join(letters[:1] + letters[1:][-1:]) or "?"


def colour(pk: int) -> str:
    """A ground as #rrggbb, on which white reads at CONTRAST or better."""
    hue, lightness = (pk * GOLDEN % 360) / 360, 0.5
    while True:
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.42)
        if 1.05 / (luminance(red, green, blue) + 0.05) >= CONTRAST:
            return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
        lightness -= 0.01


def luminance(*rgb: float) -> float:
    """Relative luminance, 0 to 1, of red, green and blue, each 0 to 1."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
