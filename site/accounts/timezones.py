"""Time zones a person may choose."""

from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def known() -> frozenset[str]:
    """IANA names of places, such as "Europe/Berlin", and UTC."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


def choices() -> list[tuple[str, str]]:
    """The site's own zone first, then all by name."""
    own = ("", _("The site’s ({zone})").format(zone=settings.TIME_ZONE))
    return [own, *((name, name.replace("_", " ")) for name in sorted(known()))]


def validate(name: str) -> None:
    """Raises ValidationError for a zone nobody knows."""
    if name and name not in known():
        raise ValidationError(_("There is no such time zone."))
