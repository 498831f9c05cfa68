"""System checks: each wrong set-up has an id and one sentence of what to do. `manage.py check` runs them.

`check --deploy` adds what matters with several processes, `check --database default` what the database must have.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connection, connections, router
from django.db.models import Model
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.urls import NoReverseMatch, reverse

from parlour.conf import conf
from parlour.consumer import Consumer
from parlour.declare import parts
from parlour.models import Head, Numbered

LIVE_TAG = re.compile(r"""{%\s*live\s+["']([^"']+)""")
OTHER_HTMX = re.compile(r"""<script[^>]*htmx[^>]*\.js|{%\s*htmx_script""")
REQUEST = "django.template.context_processors.request"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@register("parlour")
def check_project(**_: Any) -> list[CheckMessage]:
    """Settings, addresses, templates and databases."""
    return [*_server(), *_settings(), *_databases(), *_consumers(Consumer), *_parts(), *_templates()]


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
    if settings.DEBUG and not apps.is_installed("daphne"):
        hint = 'Put "daphne" first in INSTALLED_APPS, or run the project with uvicorn and silence this check.'
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


def _parts() -> Iterator[CheckMessage]:
    if not parts:
        return
    try:
        reverse("parlour:part", args=["name", "arguments"])
    except NoReverseMatch:
        hint = 'Add path("", include("parlour.urls")) to the urlpatterns of ROOT_URLCONF.'
        yield Error("Live parts have no address.", hint, id="parlour.E010")
    for part in parts.values():
        try:
            template: Any = get_template(part.template)
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            words = f"The template {part.template} of the live part {part.name} cannot be used: {error}"
            yield Error(words, "Write it, or correct its name.", id="parlour.E011")
            continue
        text = getattr(getattr(template, "template", template), "source", "")
        for verb in [verb for verb in part.verbs if text and not re.search(rf"""hears\s+["']{verb}["']""", text)]:
            hint = f'Put {{% hears "{verb}" as attrs %}}<button {{{{ attrs }}}}> into {part.template}.'
            yield checks.Warning(f"No button of {part.name} calls {verb}.", hint, id="parlour.W012")


def _templates() -> Iterator[CheckMessage]:
    texts = {path: path.read_text(errors="replace") for path in _project_templates()}
    heads = [path for path, text in texts.items() if "live_head" in text]
    for path, text in texts.items():
        for name in set(LIVE_TAG.findall(text)) - set(parts):
            hint = f"There are: {', '.join(sorted(parts)) or 'none; a live.py is found in installed apps alone'}."
            yield Error(f"{path} shows a live part {name} that nobody declared.", hint, id="parlour.E013")
    if any(LIVE_TAG.search(text) for text in texts.values()) and not heads:
        hint = "Put {% load parlour %}{% live_head %} into the head of the page's layout."
        yield Error("No template loads htmx for live parts.", hint, id="parlour.E014")
    for path in heads if conf.HTMX == "ours" else ():
        if OTHER_HTMX.search(texts[path]):
            hint = 'Set PARLOUR = {"HTMX": "host"} and put {% live_head %} after your htmx, or leave yours out.'
            yield Error(f"{path} loads htmx twice; no socket would open.", hint, id="parlour.E015")


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
    """The engine's tables are there."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    if Head._meta.db_table in connections[DEFAULT_DB_ALIAS].introspection.table_names():
        return []
    return [checks.Warning("Parlour's tables are missing.", "Run manage.py migrate.", id="parlour.W018")]
