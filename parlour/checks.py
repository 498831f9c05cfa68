"""System checks: each wrong set-up has an id and one sentence of what to do. `manage.py check` runs them.

`check --deploy` adds what matters with several processes, `check --database default` what the database must have.
What only shows when a page is painted is said on that page, while DEBUG is on. docs/checks.md lists all of it.
"""

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connection, connections, router
from django.db.models import Model
from django.http import HttpRequest
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from parlour.conf import conf
from parlour.consumer import Consumer
from parlour.live_parts import parts
from parlour.models import Head, Numbered
from parlour.regions import Region

LIVE_TAG = re.compile(r"""{%\s*live\s+["']([^"']+)""")
ANY_TAG = re.compile(r"{%\s*(?:live|bell|job_bar|region|room)\s")
OTHER_HTMX = re.compile(r"""<script[^>]*htmx[^>]*\.js|{%\s*htmx_script""")
OTHER_TEMPLATE = re.compile(r"""{%\s*(?:extends|include)\s+["']([^"'#]+)""")
HEAD_NAME = re.compile(r"[A-Za-z0-9_.-]{1,99}")
IN_TABLE = re.compile(r"<(/?)(table|tr|td|th|caption|select)\b|{%\s*(live|people_here|region)\s")
CELLS = ("td", "th", "caption")
REQUEST = "django.template.context_processors.request"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@register("parlour")
def check_project(**_: Any) -> list[CheckMessage]:
    """Settings, addresses, templates and databases."""
    texts = {path: path.read_text(errors="replace") for path in _project_templates()}
    return [*_server(), *_settings(), *_databases(), *_consumers(Consumer), *_parts(texts), *_templates(texts)]


def _server() -> Iterator[CheckMessage]:
    name = getattr(settings, "ASGI_APPLICATION", None)
    if not name:
        hint = 'Set ASGI_APPLICATION = "parlour.asgi.application"; without it there are no sockets, and pages are late.'
        yield checks.Warning("ASGI_APPLICATION is not set.", hint, id="parlour.W001")
    elif (source := _source(name.rpartition(".")[0])) is None:
        yield Error(f"There is no module for ASGI_APPLICATION {name}.", "Correct its name.", id="parlour.E002")
    elif "get_asgi_application" in source and not re.search("websocket|channels|parlour", source):
        hint = 'Set ASGI_APPLICATION = "parlour.asgi.application", or route "websocket" in your own.'
        yield Error(f"{name} serves no sockets.", hint, id="parlour.E003")
    elif "websocket" in source and "apply_patches" not in source:
        hint = "Call parlour.contrib.apply_patches() in it: a page that reads nothing would hold others up."
        yield checks.Warning(f"{name} does not mend its server.", hint, id="parlour.W022")
    if settings.DEBUG and not apps.is_installed("daphne"):
        hint = "pip install daphne and put it first in INSTALLED_APPS, or run uvicorn and silence this check."
        yield checks.Warning("runserver serves no sockets.", hint, id="parlour.W004")


def _source(module: str) -> str | None:
    """What stands in a module, without running it."""
    try:
        spec = find_spec(module)
    except ImportError:
        return None
    return Path(spec.origin).read_text() if spec and spec.origin and Path(spec.origin).is_file() else None


def _settings() -> Iterator[CheckMessage]:
    if not apps.is_installed("django_htmx"):
        hint = 'Add "django_htmx" to INSTALLED_APPS: htmx and its ws extension are static files of it.'
        yield Error("htmx cannot be served.", hint, id="parlour.E005")
    for missing in [each for each in MIDDLEWARE if not _has_middleware(each)]:
        hint = f'Add "{missing}" to MIDDLEWARE: pages and sockets have to know who is signed in.'
        yield Error(f"{missing.rpartition('.')[2]} is missing.", hint, id="parlour.E006")
    ours: list[Any] = [each for each in settings.TEMPLATES if str(each["BACKEND"]).endswith(".DjangoTemplates")]
    if not any(REQUEST in each.get("OPTIONS", {}).get("context_processors", []) for each in ours):
        hint = f'Add "{REQUEST}" to the context_processors in TEMPLATES.'
        yield Error("Templates do not know the request.", hint, id="parlour.E007")
    if conf.HTMX not in ("ours", "host"):
        hint = 'Say "host" if the project loads htmx itself, else leave it out.'
        yield Error(f"PARLOUR's HTMX cannot be {conf.HTMX!r}.", hint, id="parlour.E008")


def _has_middleware(name: str) -> bool:
    """Whether it or a class of the same purpose, called by the same name, is there."""
    return any(each.rpartition(".")[2].endswith(name.rpartition(".")[2]) for each in settings.MIDDLEWARE)


def _databases() -> Iterator[CheckMessage]:
    models: list[type[Model]] = [Head, *(each for each in apps.get_models() if issubclass(each, Numbered))]
    for model in models:
        if router.db_for_write(model) != DEFAULT_DB_ALIAS:
            hint = "Route it to the default database: numbers are given in the transaction that writes the rows."
            yield Error(f"{model._meta.label} is on another database.", hint, id="parlour.E009")


def _consumers(base: type[Consumer]) -> Iterator[CheckMessage]:
    for consumer in base.__subclasses__():
        for name in [name for name in vars(consumer) if re.match("heard_|hears_|on_", name)]:
            hint = f"Call it hear_{name.partition('_')[2]}."
            yield checks.Warning(f"{consumer.__qualname__}.{name} hears nothing.", hint, id="parlour.W019")
        yield from _consumers(consumer)


def _parts(texts: dict[Path, str]) -> Iterator[CheckMessage]:
    if not parts:
        return
    try:
        reverse("parlour:part", args=["name", "arguments"])
    except NoReverseMatch:
        hint = 'Add path("", include("parlour.urls")) to the urlpatterns of ROOT_URLCONF.'
        yield Error("Live parts have no address.", hint, id="parlour.E010")
    for part in parts.values():
        try:
            template = get_template(part.template)
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            words = f"The template {part.template} of the live part {part.name} cannot be used: {error}"
            yield Error(words, "Write it, or correct its name.", id="parlour.E011")
            continue
        text = _text(template)
        for verb in [verb for verb in part.verbs if text and not re.search(rf"""hears\s+["']{verb}["']""", text)]:
            if any(re.search(rf"""composer\s+["']{part.name}["']\s+["']{verb}["']""", each) for each in texts.values()):
                continue
            hint = f'Put {{% hears "{verb}" as attrs %}}<button {{{{ attrs }}}}> into {part.template}.'
            yield checks.Warning(f"No button of {part.name} calls {verb}.", hint, id="parlour.W012")


def _templates(texts: dict[Path, str]) -> Iterator[CheckMessage]:
    for path, text in texts.items():
        for name in set(LIVE_TAG.findall(text)) - set(parts):
            hint = f"There are: {', '.join(sorted(parts)) or 'none; a live.py is found in installed apps alone'}."
            yield Error(f"{path} shows a live part {name} that nobody declared.", hint, id="parlour.E013")
        if _is_misplaced(text):
            hint = "A browser would move it out. Let the part hold the whole table, or put it into a cell."
            words = f"{path} has a live part inside a table or a select, but outside its cells."
            yield Error(words, hint, id="parlour.E026")
    if any(ANY_TAG.search(text) for text in texts.values()) and "live_head" not in "".join(texts.values()):
        hint = "Put {% load parlour %}{% live_head %} into the head of the page's layout."
        yield Error("No template loads htmx and style sheets for live parts.", hint, id="parlour.E014")
    for path, text in texts.items() if conf.HTMX == "ours" else ():
        of_page = _with_others(text) if "live_head" in text or OTHER_HTMX.search(text) else ""
        if "live_head" in of_page and OTHER_HTMX.search(of_page):
            hint = 'Set PARLOUR = {"HTMX": "host"} and put {% live_head %} after your htmx, or leave yours out.'
            yield Error(f"{path} loads htmx twice; no socket would open.", hint, id="parlour.E015")


def _is_misplaced(text: str) -> bool:
    """Whether a live part stands where a browser allows rows, cells or options alone."""
    inside: list[str] = []
    for closing, element, live in IN_TABLE.findall(text):
        if live:
            if inside and inside[-1] not in CELLS:
                return True
        elif closing:
            del inside[inside.index(element) if element in inside else len(inside) :]
        else:
            inside.append(element)
    return False


def _with_others(text: str, seen: tuple[str, ...] = ()) -> str:
    """A template's text and that of the templates which it extends and includes by name, installed packages' too."""
    for name in set(OTHER_TEMPLATE.findall(text)) - set(seen):
        try:
            other = _text(get_template(name))
        except (TemplateDoesNotExist, TemplateSyntaxError):
            continue
        text += _with_others(other, (*seen, name))
    return text


def _text(template: Any) -> str:
    """What stands in a template of Django's; nothing for another engine's."""
    return getattr(getattr(template, "template", template), "source", "")


def _project_templates() -> Iterator[Path]:
    """The project's own templates; not those of installed packages."""
    folders = {Path(folder) for engine in engines.all() for folder in getattr(engine, "dirs", ())}
    folders |= {Path(folder) for folder in get_app_template_dirs("templates")}
    for folder in folders:
        if "site-packages" not in folder.parts and not folder.is_relative_to(Path(__file__).parent):
            yield from (path for path in sorted(folder.rglob("*.html")))


@register("parlour", deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    """What works in one process and hurts in several."""
    found: list[CheckMessage] = []
    layer = get_channel_layer()
    if layer is None or isinstance(layer, InMemoryChannelLayer):
        hint = "Set CHANNEL_LAYERS to channels_redis.pubsub.RedisPubSubChannelLayer unless there is one process alone."
        found.append(checks.Warning("Hints reach no other process: pages are late.", hint, id="parlour.W016"))
    if connection.vendor == "sqlite" and connection.settings_dict["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        hint = 'Set OPTIONS = {"transaction_mode": "IMMEDIATE"}, or use "ENGINE": "parlour.contrib.sqlite".'
        found.append(checks.Warning("SQLite may refuse writers with “database is locked”.", hint, id="parlour.W017"))
    return found


@register(Tags.database)
def check_tables(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """The tables of the engine, and of the apps that it brings pages of, are there."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or sys.argv[1:2] == ["migrate"]:
        return []
    ours = [app for app in apps.get_app_configs() if app.name == "parlour" or hasattr(app, "live_path")]
    wanted = {model._meta.db_table for app in ours for model in app.get_models()}
    if not (missing := wanted - set(connections[DEFAULT_DB_ALIAS].introspection.table_names())):
        return []
    words = f"Tables are missing: {', '.join(sorted(missing))}."
    return [checks.Warning(words, "Run manage.py migrate.", id="parlour.W018")]


def page_problems(request: HttpRequest, region: Region) -> Iterator[str]:
    """What is wrong around a region of a page that is painted now, each with what to do. Pages show it under DEBUG."""
    if not hasattr(request, "_parlour_head"):
        yield "Put {% load parlour %}{% live_head %} into the head of this page: htmx and style sheets are missing."
    application = getattr(settings, "ASGI_APPLICATION", None) or ""
    if application.rpartition(".")[0] not in sys.modules:
        yield (
            'This server serves no sockets, so the page is late. pip install daphne, put "daphne" first in '
            f"INSTALLED_APPS and start runserver again, or run {application or 'an ASGI application'} with uvicorn."
        )
    below = get_script_prefix()
    panel, socket = (urlsplit(str(address)).path.removeprefix(below) for address in (region.panel, region.socket))
    try:
        resolve(f"/{panel}")
    except Resolver404:
        yield f"The panel /{panel} is not in urls.py: without it the page does not come back from a lost socket."
    ours = sys.modules.get("parlour.asgi") if application == "parlour.asgi.application" else None
    if ours and not any(route.pattern.match(socket) for route in ours.patterns[:-1]):
        yield f"The socket /{socket} is not in the websocket_urlpatterns of any app's routing.py."
    if (text := _text(get_template(region.controls))) and not re.search(r"controls\.html|'sent'|\"sent\"", text):
        yield f'{region.controls} lacks {{% include "parlour/controls.html" %}}, with what every page sends.'
    for name in sorted({name for stream in region.streams for name in stream.heads if not HEAD_NAME.fullmatch(name)}):
        yield f"A head cannot be called {name}: ASCII letters, digits, -, _ and ., under 100 characters."
