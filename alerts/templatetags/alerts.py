"""`{% bell %}` puts the bell on a page, `{% unseen_before %}` its count before the page's title.

`{{ moment|daytime }}` says when, in words that stay true for a day.
"""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from alerts.consumers import AlertsConsumer
from alerts.streams import BellRegion, counted
from parlour import Denied

register = template.Library()


@register.inclusion_tag("partials/bell.html#menu", takes_context=True)
def bell(context: Context, alone: bool = False) -> dict[str, Any]:
    """The bell of whoever reads the page; nothing for somebody without an account.

    `alone` is its card alone, closed and fresh, for an answer that replaces a part of a page which has the bell.
    """
    request = context.get("request")
    title = getattr(request, "_alerts_title", "")
    own = {"alone": alone, "page_title": title, "err": ""}  # a room on this page may have something to say in `err`
    return {**context.flatten(), **own, **_painted(request)}  # type: ignore[dict-item]


@register.simple_block_tag(takes_context=True)
def unseen_before(context: Context, content: str) -> str:
    """A page's title, live, with the number of its reader's unseen alerts before it: "(2) Lobby".

    `<title>{% unseen_before %}Lobby{% endunseen_before %}</title>`, on a page that has a bell.
    """
    request = context.get("request")
    painted = _painted(request)
    if not painted["region"]:
        return content
    request._alerts_title = content  # type: ignore[union-attr]
    return counted(content, painted["shown"]["count"]["unseen"])


def _painted(request: Any) -> dict[str, Any]:
    """What the bell of a page shows first, asked once; no region for somebody without an account."""
    if not hasattr(request, "user"):
        return {"region": None}
    if not hasattr(request, "_alerts_bell"):
        try:
            request._alerts_bell = AlertsConsumer.authorize(request.user).paint(request)
        except Denied:
            request._alerts_bell = {"region": None}
    return request._alerts_bell


@register.simple_tag(takes_context=True)
def bell_lines(context: Context, region: BellRegion) -> str:
    """The lines of an opened bell, for a page that has no socket."""
    return region.bell.lines(context["request"].user)


@register.filter
def daytime(moment: datetime) -> str:
    """ "today 14:05", "yesterday 9:30", "22 Nov 14:05", where the reader is."""
    local, today = timezone.localtime(moment), timezone.localdate()
    clock = date_format(local, "H:i")
    if local.date() == today:
        return gettext("today {clock}").format(clock=clock)
    if local.date() == today - timedelta(days=1):
        return gettext("yesterday {clock}").format(clock=clock)
    form = pgettext("date format", "j M") if local.year == today.year else pgettext("date format", "j M Y")
    return f"{date_format(local, form)} {clock}"
