"""Every wrong set-up is named by `manage.py check`, with what to do."""

import gc
import importlib
import re
import sys
from types import SimpleNamespace

import pytest
from channels.layers import InMemoryChannelLayer
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.template import RequestContext, Template
from django.template.loader import render_to_string

import parlour
from alerts.checks import check_layout, check_login, check_mail
from alerts.routing import websocket_urlpatterns
from parlour import Region, StateStream, checks, live_parts, live_write, models, regions
from parlour.models import Head
from rooms.checks import check_packages, check_storage
from tests.examples import ROOT

HTMX = "{% load parlour %}{% live_head %}"
WITHOUT_CONTROLS = """<p class="pl-problem">Nothing is sent from here.</p>"""


@pytest.fixture
def part(monkeypatch, settings, tmp_path):
    """A declared part with its template, in a project with a folder of templates of its own."""
    monkeypatch.setattr(live_parts, "parts", {})
    monkeypatch.setattr(checks, "parts", live_parts.parts)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    (tmp_path / "tally.html").write_text('{% hears "vote" as attrs %}')
    (tmp_path / "page.html").write_text(HTMX + '{% live "tally" %}')

    @live_parts.live("tally.html")
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


def test_a_part_may_stand_in_a_cell_and_after_a_table(part, tmp_path):
    page = '<table><tr><td>{% live "tally" %}</td><th>x</tr></table>{% live "tally" %}'
    (tmp_path / "page.html").write_text(HTMX + page)
    assert found() == {}


@pytest.mark.parametrize(
    ("setting", "value", "id", "hint"),
    [
        ("ASGI_APPLICATION", None, "W001", 'ASGI_APPLICATION = "parlour.asgi.application"'),
        ("ASGI_APPLICATION", "config.agsi.application", "E002", "Correct its name"),
        ("ASGI_APPLICATION", "django_asgi.application", "E003", 'ASGI_APPLICATION = "parlour.asgi.application"'),
        ("ASGI_APPLICATION", "bare_asgi.application", "W022", "apply_patches()"),
        ("DEBUG", True, "W004", "pip install daphne and put it first"),
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
    (tmp_path / "bare_asgi.py").write_text('application = {"http": …, "websocket": …}')
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
        ("page.html", '{% extends "own_htmx.html" %}' + HTMX, "E015", '{"HTMX": "host"}'),
        ("page.html", HTMX + '{% include "own_htmx.html" %}', "E015", '{"HTMX": "host"}'),
        ("own_htmx.html", '{% extends "page.html" %}{% htmx_script %}', "E015", '{"HTMX": "host"}'),
        ("page.html", "{% bell %}", "E014", "{% live_head %}"),
        ("page.html", HTMX + '<table><tbody>{% live "tally" %}</tbody></table>', "E026", "the whole table"),
        ("page.html", HTMX + '<table><tr><td>1</td>{% people_here "tea" %}</tr></table>', "E026", "the whole table"),
        ("page.html", HTMX + '<select>{% live "tally" %}</select>', "E026", "the whole table"),
    ],
)
def test_a_wrong_template_is_named(part, tmp_path, name, text, id, hint):
    (tmp_path / "own_htmx.html").write_text('<script src="/htmx.min.js"></script>')
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


@pytest.mark.parametrize(
    ("layout", "id"),
    [
        (None, "W023"),
        ("{% block body %}{% endblock %}", "W024"),
        ('{% extends "frame.html" %}', "W024"),
        ("{% block body %}{% block content %}{% endblock %}{% endblock %}", None),
        ('{% extends "frame.html" %}{% block frame %}{% block main %}{% endblock %}{% endblock %}', None),
    ],
)
def test_a_layout_that_leaves_the_pages_of_alerts_empty_is_named(part, tmp_path, layout, id):
    (tmp_path / "frame.html").write_text("{% block frame %}{% endblock %}")
    if layout is not None:
        (tmp_path / "base.html").write_text(layout)
    assert list(found(check_layout)) == ([id] if id else [])


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("/no/such/page/", "W025"),
        ("no-such-name", "W025"),
        ("admin:login", None),
        ("/admin/login/", None),
        ("https://login.example.com/", None),
    ],
)
def test_a_page_to_sign_in_that_is_not_there_is_named(settings, address, id):
    settings.LOGIN_URL = address
    assert list(found(check_login)) == ([id] if id else [])


@pytest.mark.parametrize(
    ("site", "id"), [("https://chat.example.org", ""), ("", ""), (None, "W031"), ("chat.example.org", "W031")]
)
def test_mails_whose_links_would_lead_nowhere_are_told_of(settings, site, id):
    settings.SITE_URL = site
    assert list(found(check_mail)) == ([id] if id else [])


def test_a_package_that_rooms_need_is_named(monkeypatch):
    assert found(check_packages) == {}
    monkeypatch.setattr("rooms.checks.find_spec", lambda name: None if name == "nh3" else name)
    assert "parlour-live[rooms]" in found(check_packages)["E030"]


def test_files_without_a_folder_of_their_own_are_told_of(settings):
    assert found(check_storage) == {}
    settings.MEDIA_ROOT = ""
    assert list(found(check_storage)) == ["W032"]
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert found(check_storage) == {}


class Tea(Region):
    """A region whose addresses exist, with one stream."""

    def __init__(self, panel="/alerts/panel/", socket="/ws/alerts/", stream="tea.1"):
        super().__init__("tea", socket, panel)
        self.streams = [StateStream(stream, self)]


class Mute(Tea):
    """A region whose controls lack what every page sends."""

    controls = "mute.html"


def said_on_a_page(rf, region, head=HTMX):
    request = rf.get("/")
    return Template(head + "{% load parlour %}{% page_problems region %}").render(
        RequestContext(request, {"request": request, "region": region})
    )


@pytest.fixture
def serving(settings, monkeypatch):
    """A process that DEBUG is on in, and that serves sockets."""
    settings.DEBUG = True
    settings.ASGI_APPLICATION = "parlour.asgi.application"
    served = SimpleNamespace(patterns=[*websocket_urlpatterns, "no such socket"])
    monkeypatch.setitem(sys.modules, "parlour.asgi", served)


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(
    ("region", "words"),
    [
        (Tea(panel="/tee/panel/"), "The panel /tee/panel/ is not in urls.py"),
        (Tea(socket="/ws/tee/"), "The socket /ws/tee/ is not in the websocket_urlpatterns"),
        (Tea(stream="tea/1"), "A head cannot be called tea/1"),
    ],
)
def test_under_debug_a_page_names_what_is_wrong_with_a_region(rf, region, words):
    assert words in said_on_a_page(rf, region)
    assert said_on_a_page(rf, region).count("pl-set-up") == 1


@pytest.mark.usefixtures("serving")
def test_under_debug_a_page_names_what_it_lacks(rf, part, settings, tmp_path):
    (tmp_path / "mute.html").write_text(WITHOUT_CONTROLS)
    assert "pl-set-up" not in said_on_a_page(rf, Tea())
    assert "parlour/controls.html" in said_on_a_page(rf, Mute())
    assert "{% live_head %} into the head" in said_on_a_page(rf, Tea(), head="")
    settings.ASGI_APPLICATION = "project.asgi.application"
    assert "put &quot;daphne&quot; first in INSTALLED_APPS" in said_on_a_page(rf, Tea())
    settings.DEBUG = False
    assert "pl-set-up" not in said_on_a_page(rf, Tea(), head="")


def test_under_debug_a_page_whose_socket_does_not_come_asks_for_the_only_htmx():
    region = Tea()
    told = render_to_string("parlour/live.html", {"region": region, "debug": True})
    assert "Is the htmx of {% live_head %} the only one of this page?" in told
    assert "live_head" not in render_to_string("parlour/live.html", {"region": region, "debug": False})


def test_missing_tables_are_named_when_a_page_is_painted(rf, monkeypatch):
    def no_table(names):
        raise OperationalError("no such table: parlour_head")

    monkeypatch.setattr(regions, "read_heads", no_table)
    with pytest.raises(ImproperlyConfigured, match=r"run manage\.py migrate"):
        Tea().paint(rf.get("/"))


def test_a_live_write_that_takes_no_change_is_named():
    with pytest.raises(TypeError, match=r"def add_one\(change, …\)"):

        @live_write
        def add_one(count):
            pass


def test_an_app_that_is_not_installed_is_named(settings):
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "parlour"]
    with pytest.raises(ImproperlyConfigured, match='Add "parlour" to INSTALLED_APPS'):
        importlib.reload(models)


def test_the_documentation_lists_every_check_and_each_is_tested():
    code = "".join(path.read_text() for path in [*ROOT.glob("*/checks.py")])
    ids = re.findall(r'id="parlour\.([EW]\d+)"', code)
    assert len(ids) == len(set(ids))
    assert re.findall(r"^\| ([EW]\d+) \|", (ROOT / "docs" / "checks.md").read_text(), re.M) == sorted(
        ids, key=lambda id: id[1:]
    )
    tested = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_checks.py"))
    assert [id for id in ids if f'"{id}"' not in tested] == []
