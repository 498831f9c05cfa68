"""Rooms on objects beside the site's own rooms; what a project of another team does with them is in on_objects.py."""

import re
import shutil

import pytest
from django.contrib.auth.models import Group

from rooms.models import Room
from tests.examples import ROOT, installed, passes, shown, write

pytestmark = pytest.mark.django_db
TOLD = (ROOT / "docs" / "rooms.md").read_text()
SETTINGS = """
INSTALLED_APPS += ["people", "tickets", "jobs"]
MIDDLEWARE.insert(2, "django.middleware.locale.LocaleMiddleware")
MIDDLEWARE.append("django_htmx.middleware.HtmxMiddleware")
PARLOUR = {"TICK": 0.3, "LEASE": 5.0}
AUTH_USER_MODEL = "people.Person"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
LANGUAGE_CODE, LOGIN_URL = "en", "/login/"
DATABASES = {"default": {"ENGINE": "parlour.contrib.sqlite", "NAME": "db", "TEST": {"NAME": "test_db"},
             "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}}
"""
URLS = """
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
page = path("page/", TemplateView.as_view(template_name="base.html"))
urlpatterns = [path("admin/", admin.site.urls), path("", include("tickets.urls")), path("", include("parlour.urls"))]
urlpatterns += [page, *i18n_patterns(page)]
"""
LAYOUT = "{% load parlour alerts %}<head>{% live_head %}</head>{% bell %}{% block content %}{% endblock %}"


def test_an_object_has_one_room_whoever_asks_first():
    tea, coffee = Group.objects.create(name="Tea"), Group.objects.create(name="Coffee")
    assert Room.objects.on(tea).thing == tea
    assert Room.objects.on(tea) == Room.objects.on(Group.objects.get(name="Tea"))
    assert Room.objects.on(tea) != Room.objects.on(coffee)
    assert Room.objects.on(tea).title == "Tea"
    with pytest.raises(ValueError, match="has to be saved"):
        Room.objects.on(Group())


def test_a_room_on_an_object_is_none_of_the_sites_own(ann, lobby, client):
    room = Room.objects.on(Group.objects.create(name="Tea"))
    client.force_login(ann)
    assert client.get("/").content.decode().count('class="room-line"') == 1
    assert [each.title for each in client.get(lobby.get_absolute_url()).context["rooms"]] == ["Lobby"]
    assert b"Who may see its object" not in client.get("/rooms/new/").content
    assert client.get(room.get_absolute_url()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_a_rule_it_is_for_those_who_are_signed_in_and_gone_with_its_object(ann, client):
    tea = Group.objects.create(name="Tea")
    address = Room.objects.on(tea).get_absolute_url()
    assert client.get(address).status_code == 403
    client.force_login(ann)
    assert client.post(f"{address}messages/", {"text": "two lumps"}).status_code == 302
    assert "two lumps" in client.get(address).content.decode()
    tea.delete()
    assert client.get(address).status_code == 404


@pytest.mark.faults
def test_another_team_takes_rooms_and_the_bell_from_the_wheel(tmp_path):
    wheel = installed(tmp_path)
    shutil.copytree(ROOT / "examples" / "tickets", tmp_path / "tickets")
    shutil.copytree(ROOT / "hosts" / "variants" / "uuid_users" / "people", tmp_path / "people")
    [added] = re.findall(r"# project/settings.py, at its end\n(.*?)```", TOLD, re.DOTALL)
    with (tmp_path / "project" / "settings.py").open("a") as settings:
        settings.write(added + SETTINGS)
    (tmp_path / "project" / "urls.py").write_text(URLS)
    write(tmp_path, {"templates/base.html": LAYOUT, **shown("rooms.md")})
    with (tmp_path / "tickets" / "live.py").open("a") as live:
        live.write(re.search(r"# tickets/live.py goes on\n(.*?)```", TOLD, re.DOTALL)[1])
    for test in ("rooms/on_objects.py", "alerts/elsewhere.py"):
        shutil.copy(ROOT / "tests" / test, tmp_path)
    told = passes(tmp_path, "on_objects.py", "elsewhere.py", settings="project.settings", beside=[wheel])
    assert "19 passed" in told
