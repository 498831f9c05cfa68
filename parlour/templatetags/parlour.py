"""`{% live_head %}`, `{% live "name" %}`, `{% hears "verb" as attrs %}`, `{% composer "name" "verb" %}`.

`{% people_here object %}` is who has a page open.

`{% kept a=a %}…{% late %}…{% endlate %}…{% endkept %}` is markup that many readers share.

For regions of your own, `{% region %}`; `{% id region "log" %}` is the id of a part of a region. `{{ text|version }}`
changes with the text, for the address of what is made of it, such as the picture of somebody's name.
"""

from collections.abc import Mapping
from functools import lru_cache
from inspect import signature
from itertools import chain
from typing import Any
from zlib import crc32

from django import template
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script

from parlour import checks, kept, who_is_here
from parlour import composer as composer_form
from parlour.conf import conf
from parlour.consumer import CloseCode, Denied, refused_sockets
from parlour.live_parts import Part, find, plain
from parlour.regions import Ids, Region

register = template.Library()
register.simple_tag(refused_sockets)
register.tag("kept", kept.compile_block)
register.tag("late", kept.compile_block)


@register.inclusion_tag("parlour/region.html", takes_context=True)
def region(context: Context, region: Region) -> dict[str, Any]:
    """A whole region: its streams' parts as they are now, its socket, its watchdog."""
    return {**context.flatten(), **region.paint(context["request"])}  # type: ignore[dict-item]


@register.simple_tag
def id(region: Ids, part: object) -> str:  # noqa: A001  the word a template author looks for
    """The id of a part of a region; every id inside one is made here."""
    return region.id(part)


@register.filter
def version(text: object) -> str:
    """A few digits that change when `text` does."""
    return f"{crc32(str(text).encode()):x}"


@register.simple_tag(takes_context=True)
def live_head(context: Context, htmx: str = "", styles: str = "") -> SafeString | str:
    """All that live parts need in a page's head, once: htmx with its ws extension, and style sheets.

    Style sheets are the engine's and those that an AppConfig names in `live_styles`, such as a bell's. With
    `PARLOUR = {"HTMX": "host"}` the ws extension alone is loaded: put the tag after your own htmx. A page that loads
    none of its own, such as the admin's, says `htmx="ours"`. `styles` is a sheet of yours that imports all of
    these, where a page is to wait for one only.
    """
    request = context.get("request")  # a page that says 500 has none
    if hasattr(request, "_parlour_head"):
        return ""
    if request is not None:
        request._parlour_head = True
    sheets = [styles] if styles else live_styles()
    host = (htmx or conf.HTMX) == "host"
    return _live_head(host, context.get("csp_nonce"), (*sheets,), settings.DEBUG, get_script_prefix())


@lru_cache
def _live_head(host: bool, nonce: str | None, sheets: tuple[str, ...], *_asked_in: Any) -> SafeString:
    scripts = htmx_script(version=2, extensions="hx-ws", nonce=nonce)
    if host:
        attribute = format_html(' nonce="{}"', nonce) if nonce else ""
        scripts = format_html('<script src="{}" defer{}></script>', static("django_htmx/ext/hx-ws-2.min.js"), attribute)
    values = {"host": host, "scripts": scripts, "styles": map(static, sheets)}
    return render_to_string("parlour/live_head.html", values)


def live_styles() -> list[str]:
    """The style sheets of the engine and of the apps that are installed."""
    styles = ["parlour/theme.css", "parlour/watchdog.css", "parlour/composer.css"]
    return styles + [name for app in apps.get_app_configs() for name in getattr(app, "live_styles", ())]


@register.simple_tag
def cursor_fields(cursors: Mapping[str, str] | None, plain: object) -> SafeString:
    """The fields that keep a page's cursors, which only a page without a socket is given anew."""
    field = f'<input type="hidden" id="{{}}" name="cursor" value="{{}}"{"" if plain else " hx-preserve"}>'
    return format_html(field * len(cursors or {}) + "{}", *chain(*(cursors or {}).items()), "")


@register.simple_tag(takes_context=True)
def page_problems(context: Context, region: Region) -> str:
    """Under DEBUG, what is wrong around a region; `parlour/watchdog.html` has it."""
    if not settings.DEBUG or "request" not in context:
        return ""
    words = ((problem,) for problem in checks.page_problems(context["request"], region))
    return format_html_join("", '<p class="pl-set-up" role="alert">Parlour: {}</p>', words)


@register.simple_tag(takes_context=True)
def live(context: Context, name: str, **arguments: Any) -> SafeString:
    """A live part: `{% live "tally" poll=poll.pk %}`. Who may not see it reads why."""
    part = find(name)
    return _painted(context, part, part.bind(arguments))


@register.simple_tag(takes_context=True)
def people_here(context: Context, place: object) -> SafeString:
    """Who has a page open with this object, or this name, on it: `{% people_here poll %}`."""
    part = who_is_here.people_here
    return _painted(context, part, part.at(place))


@register.simple_tag(takes_context=True)
def composer(context: Context, name: str, verb: str, label: str = "", **arguments: Any) -> SafeString | str:
    """A form for a text that a verb of a part gets: `{% composer "notes" "add" board="tea" %}`, outside the part.

    Who may not see the part sees no form either.
    """
    if "live_part" in context:
        raise template.TemplateSyntaxError("{% composer %} stands beside a part, not in its template.")
    part, request = find(name), _request(context)
    if verb not in part.verbs:
        known = ", ".join(sorted(part.verbs))
        raise template.TemplateSyntaxError(f"{{% composer {name!r} {verb!r} %}}: no such verb; there are: {known}.")
    if "text" not in signature(part.verbs[verb]).parameters:
        raise template.TemplateSyntaxError(f"{{% composer {name!r} {verb!r} %}}: def {verb}(…) needs an argument text.")
    bound = part.bind(arguments)
    try:
        part.authorize(getattr(request, "user", AnonymousUser()), bound)
    except Denied:
        return ""
    return composer_form.render(request, part, bound, verb, label)


def _painted(context: Context, part: Part, arguments: dict[str, Any]) -> SafeString:
    request = _request(context)
    try:
        region = part.authorize(getattr(request, "user", AnonymousUser()), arguments)
    except Denied as denied:
        back = Denied.signed_out(request.get_full_path()) if denied.code == CloseCode.SIGNED_OUT else denied
        return format_html('<p class="pl-farewell">{}</p>', back.words)
    return render_to_string("parlour/region.html", region.paint(request), request)


@register.simple_tag(takes_context=True)
def hears(context: Context, verb: str, **values: Any) -> SafeString:
    """The attributes of a button that calls a verb of the part it stands in, with more arguments in `values`."""
    part = context.get("live_part")
    if part is None or verb not in part.verbs:
        known = ", ".join(sorted(part.verbs)) if part else "none, for this is not the template of a live part"
        raise template.TemplateSyntaxError(f"{{% hears {verb!r} %}}: no such verb; there are: {known}.")
    chosen = urlencode({name: plain(name, value) for name, value in values.items()})
    value = f"{verb}?{chosen}" if chosen else verb
    return format_html('type="submit" form="{}" name="verb" value="{}"', context["region"].id("form"), value)


def _request(context: Context) -> HttpRequest:
    if (request := context.get("request")) is None:
        name = "django.template.context_processors.request"
        raise ImproperlyConfigured(f"Live parts need the request: add {name!r} to the context_processors of TEMPLATES.")
    return request
