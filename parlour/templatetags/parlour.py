"""`{% region region %}` puts a live region on any page; `{% id region "log" %}` names a part of it."""

from typing import Any

from django import template
from django.template import Context

from parlour.fragments import Ids
from parlour.regions import Region

register = template.Library()


@register.inclusion_tag("parlour/region.html", takes_context=True)
def region(context: Context, region: Region) -> dict[str, Any]:
    """A whole region: its streams' parts as they are now, its socket, its watchdog."""
    return {**context.flatten(), **region.paint(context["request"])}  # type: ignore[dict-item]


@register.simple_tag
def id(region: Ids, part: object) -> str:  # noqa: A001  the word a template author looks for
    """The id of a part of a region; every id inside one is made here."""
    return region.id(part)
