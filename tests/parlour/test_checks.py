"""Every wrong set-up is named by `manage.py check`, with what to do."""

import gc

import pytest
from channels.layers import InMemoryChannelLayer
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

import parlour
from parlour import checks, declare
from parlour.models import Head

HTMX = "{% load parlour %}{% live_head %}"


@pytest.fixture
def part(monkeypatch, settings, tmp_path):
    """A declared part with its template, in a project with a folder of templates of its own."""
    monkeypatch.setattr(declare, "parts", {})
    monkeypatch.setattr(checks, "parts", declare.parts)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    (tmp_path / "tally.html").write_text('{% hears "vote" as attrs %}')
    (tmp_path / "page.html").write_text(HTMX + '{% live "tally" %}')

    @declare.live("tally.html")
    def tally():
        return {}

    @tally.hears
    def vote(person):
        pass

    return tally


def found(check=checks.check_project, **options):
    return {message.id.removeprefix("parlour."): message.hint for message in check(**options)}


def test_a_right_project_is_told_nothing(part):
    assert found() == {}


@pytest.mark.parametrize(
    ("setting", "value", "id", "hint"),
    [
        ("ASGI_APPLICATION", None, "W001", 'ASGI_APPLICATION = "parlour.asgi.application"'),
        ("ASGI_APPLICATION", "config.agsi.application", "E002", "Correct its name"),
        ("ASGI_APPLICATION", "django_asgi.application", "E003", 'ASGI_APPLICATION = "parlour.asgi.application"'),
        ("DEBUG", True, "W004", 'Put "daphne" first'),
        ("MIDDLEWARE", [], "E006", "AuthenticationMiddleware"),
        ("PARLOUR", {"HTMX": "yours"}, "E008", '"host"'),
        ("DATABASE_ROUTERS", ["tests.parlour.test_checks.Elsewhere"], "E009", "default database"),
        ("ROOT_URLCONF", "tests.parlour.test_checks", "E010", 'include("parlour.urls")'),
    ],
)
def test_a_wrong_setting_is_named(part, settings, monkeypatch, tmp_path, setting, value, id, hint):
    (tmp_path / "django_asgi.py").write_text(
        "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    setattr(settings, setting, value)
    assert hint in found()[id]


class Elsewhere:
    """A router that sends the engine's own tables away."""

    def db_for_write(self, model, **hints):
        return "elsewhere" if model is Head else None


urlpatterns = []


def test_a_project_without_the_app_is_told_to_add_it_when_it_imports_a_name(monkeypatch):
    monkeypatch.setattr(apps, "is_installed", lambda _: False)
    with pytest.raises(ImproperlyConfigured, match='Put "parlour" first in INSTALLED_APPS'):
        parlour.live  # noqa: B018


def test_a_missing_htmx_app_is_named(part, settings):
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "django_htmx"]
    assert 'Add "django_htmx"' in found()["E005"]


def test_templates_without_the_request_are_named(part, settings):
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "OPTIONS": {**engine["OPTIONS"], "context_processors": []}}]
    assert "context_processors.request" in found()["E007"]


@pytest.mark.parametrize(
    ("name", "text", "id", "hint"),
    [
        ("tally.html", "{% if %}", "E011", "Write it"),
        ("tally.html", "nothing is sent", "W012", 'hears "vote" as attrs'),
        ("page.html", HTMX + "{% live 'taly' %}", "E013", "There are: tally"),
        ("page.html", '{% live "tally" %}', "E014", "{% live_head %}"),
        ("page.html", HTMX + '<script src="/htmx.min.js"></script>', "E015", '{"HTMX": "host"}'),
        ("page.html", HTMX + "{% htmx_script %}", "E015", '{"HTMX": "host"}'),
    ],
)
def test_a_wrong_template_is_named(part, tmp_path, name, text, id, hint):
    (tmp_path / name).write_text(text)
    assert hint in found()[id]


def test_a_part_whose_template_is_missing_is_named(part, tmp_path):
    (tmp_path / "tally.html").unlink()
    assert "correct its name" in found()["E011"]


def test_a_method_of_a_consumer_that_hears_nothing_is_named(part):
    consumer = type("PollConsumer", (checks.Consumer,), {"heard_vote": None})
    assert found()["W019"] == "Call it hear_vote."
    del consumer
    gc.collect()


def test_before_a_deployment_hints_that_reach_nobody_are_named(monkeypatch):
    for layer in (None, InMemoryChannelLayer()):
        monkeypatch.setattr(checks, "get_channel_layer", lambda layer=layer: layer)
        assert "channels_redis.pubsub" in found(checks.check_deployment)["W016"]


def test_before_a_deployment_a_database_that_refuses_writers_is_named(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert "IMMEDIATE" in found(checks.check_deployment)["W017"]


@pytest.mark.django_db
def test_missing_tables_are_named(monkeypatch):
    assert found(checks.check_tables, databases=["default"]) == {}
    monkeypatch.setattr(connection.introspection, "table_names", list)
    assert "migrate" in found(checks.check_tables, databases=["default"])["W018"]
