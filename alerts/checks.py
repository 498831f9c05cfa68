"""System checks of what the pages of alerts need from a project."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register
from django.shortcuts import resolve_url
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve


@register("parlour")
def check_layout(**_: Any) -> list[CheckMessage]:
    """The layout of the project has a block for the pages of alerts."""
    try:
        blocks = _blocks("base.html")
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        hint = "Write base.html, the layout of your pages, with {% block content %}, in a folder of TEMPLATES' DIRS."
        return [checks.Warning(f"The pages of alerts find no base.html to extend: {error}", hint, id="parlour.W023")]
    if blocks & {"content", "main"}:
        return []
    hint = "Put {% block content %}{% endblock %} into base.html, or fill your block in a parlour_alerts/base.html."
    return [checks.Warning("Pages of alerts would be empty: base.html has no block for them.", hint, id="parlour.W024")]


@register("parlour")
def check_login(**_: Any) -> list[CheckMessage]:
    """Whoever is not signed in is sent to a page that is there."""
    try:
        address = urlsplit(resolve_url(settings.LOGIN_URL))
        if not address.netloc:
            resolve(f"/{address.path.removeprefix(get_script_prefix())}")
    except (NoReverseMatch, Resolver404):
        hint = 'Set LOGIN_URL to the page of yours where people sign in; "admin:login" is for staff alone.'
        return [checks.Warning(f"LOGIN_URL leads nowhere: {settings.LOGIN_URL}", hint, id="parlour.W025")]
    return []


@register("parlour", deploy=True)
def check_mail(**_: Any) -> list[CheckMessage]:
    """Links in mails have an address to begin with."""
    site = urlsplit(getattr(settings, "SITE_URL", None) or "")
    if getattr(settings, "SITE_URL", None) == "" or (site.scheme in ("http", "https") and site.netloc):
        return []
    hint = 'Set SITE_URL = "https://chat.example.org", where your pages are, or "" if no mail is to be sent.'
    return [checks.Warning("Alerts cannot come by mail: SITE_URL is no address.", hint, id="parlour.W031")]


def _blocks(name: str) -> set[str]:
    """The names of all blocks of a template and of those that it extends."""
    template: Any = get_template(name)
    nodes = getattr(template, "template", template).nodelist
    names = {node.name for node in nodes.get_nodes_by_type(BlockNode)}
    for node in nodes.get_nodes_by_type(ExtendsNode):
        if isinstance(node.parent_name.var, str):
            names |= _blocks(node.parent_name.var)
    return names
