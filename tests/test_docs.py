"""The page that docs/parlour.md builds is built and run, and it is as short as it says."""

import re
import sys
from fnmatch import fnmatch

import pytest
from django.core.management import call_command

import parlour
from alerts.templatetags import alerts as alerts_tags
from e2e.support.processes import run, surroundings
from jobs.templatetags import jobs as jobs_tags
from parlour.conf import Conf
from parlour.templatetags import parlour as parlour_tags
from rooms.templatetags import rooms as rooms_tags
from tests.examples import ROOT, installed, passes, shown, write

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").glob("*.md")]


def test_the_architecture_says_what_every_file_of_the_engine_and_of_rooms_does():
    told = (ROOT / "ARCHITECTURE.md").read_text()
    files = {path.name for folder in ("parlour", "rooms") for path in (ROOT / folder).glob("[a-z]*.py")}
    assert {name for name in files if f"`{name}`" not in told} == set()


def test_every_file_that_is_named_exists():
    named = {
        name
        for page in PAGES
        for name in re.findall(r"`((?:tests|e2e|docs|parlour|rooms)/[\w/]+\.\w+)`", page.read_text())
    }
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_test_behind_a_guarantee_exists():
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs" / "guarantees.md").read_text())
    assert [(file, test) for file, test in named if f"def {test}(" not in (ROOT / file).read_text()] == []


def test_every_setting_that_is_told_of_exists():
    told = {name for page in PAGES for name in re.findall(r"PARLOUR_([A-Z_]+\*?)", page.read_text())} - {"VAR"}
    assert {name for name in told if not any(fnmatch(each, name) for each in vars(Conf()))} == set()


def test_the_reference_lists_every_name_tag_and_setting():
    told = (ROOT / "docs" / "reference.md").read_text()
    tags = {name for library in (parlour_tags, alerts_tags, jobs_tags, rooms_tags) for name in library.register.tags}
    assert [name for name in parlour.__all__ if not re.search(rf"`@?{name}\b", told)] == []
    ours = {"page_problems", "cursor_fields", "bell_lines", "reactions_to"}  # in templates of our own alone
    assert [tag for tag in tags - ours if f"{{% {tag} " not in told] == []
    defaults = re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", told, re.MULTILINE)
    assert {name: eval(default) for name, default in defaults} == vars(Conf())


def test_the_live_sides_are_as_short_as_they_are_said_to_be():
    parts = shown("parlour.md")
    for names, most in (
        (("polls/live.py", "polls/templates/polls/tally.html"), 15),
        (("counts/consumers.py", "counts/templates/counts/count.html", "counts/templates/counts/add.html"), 30),
    ):
        lines = "\n".join(parts[name] for name in names)
        assert len([line for line in lines.splitlines() if line.strip()]) < most


@pytest.mark.faults
def test_the_pages_of_the_documentation_work_in_a_project_as_django_makes_it(tmp_path):
    def manage(*command):
        env = surroundings(PYTHONPATH=str(ROOT), DJANGO_SETTINGS_MODULE="project.settings")
        return run(["sh", "-c", 'exec "$0" manage.py "$@" 2>&1', sys.executable, *command], env, tmp_path)

    call_command("startproject", "project", tmp_path)
    files = shown("parlour.md") | shown("howto.md")
    own_htmx = {"templates/own_htmx.html": files.pop("templates/own_htmx.html")}
    write(tmp_path, files)
    for app in ("polls", "counts", "notes", "desk"):
        (tmp_path / app / "__init__.py").touch()
    told = (ROOT / "docs" / "parlour.md").read_text()
    for name in ("polls/live.py", "notes/live.py"):
        with (tmp_path / name).open("a") as file:
            file.write(re.search(rf"# {name} goes on\n(.*?)```", told, re.DOTALL)[1])
    with (tmp_path / "project" / "settings.py").open("a") as file:
        file.write(re.search(r"# project/settings.py, at its end\n(.*?)```", told, re.DOTALL)[1])
        file.write(re.search(r"# project/settings.py, in place of its DATABASES\n(.*?)```", told, re.DOTALL)[1])
        file.write("INSTALLED_APPS += ['counts', 'notes', 'desk']\nTEMPLATES[0]['DIRS'] = [BASE_DIR / 'templates']\n")
        file.write("PARLOUR = {'TICK': 0.2}\nDATABASES['default']['TEST'] = {'NAME': BASE_DIR / 'test.sqlite3'}\n")
    with (tmp_path / "project" / "urls.py").open("a") as file:
        file.write("urlpatterns.append(path('', include('counts.urls')))\n")
    (tmp_path / "counts" / "tests.py").write_text(
        "from django.contrib.auth.models import User\n"
        "from django.template.loader import render_to_string\nfrom django.test import TransactionTestCase\n"
        "from polls.live import polls\nfrom polls.models import Poll\n"
        "from counts.consumers import CountConsumer\nfrom counts.models import Count\n"
        "from asgiref.sync import sync_to_async\nfrom notes.live import notes\nfrom notes.models import add_note\n"
        "from parlour.asgi import routes\nfrom parlour.testing import Page\n\n"
        "class Counts(TransactionTestCase):\n"
        "    async def test_page(self):\n"
        "        await Count.objects.acreate(pk=1, title='Cups')\n"
        "        async with Page(CountConsumer, count=1) as page:\n"
        "            await page.send(kind='add')\n"
        "            await page.shows('Cups: 1')\n"
        "        answer = await self.async_client.get('/counts/1/')\n"
        "        assert 'ws-connect=\"/ws/counts/1/\"' in answer.content.decode()\n"
        "        assert (await self.async_client.get('/counts/1/panel/')).status_code == 200\n"
        "        assert (await self.async_client.get('/counts/2/')).status_code == 404\n"
        "        assert 'Sign in' in render_to_string('polls/lounge.html', request=answer.asgi_request)\n"
        "        assert any('counts' in str(route.pattern) for route in routes())\n\n"
        "    async def test_a_list(self):\n"
        "        ann = await User.objects.acreate(username='ann', is_staff=True, is_superuser=True)\n"
        "        tea = await Poll.objects.acreate(question='Tea?')\n"
        "        async with Page(polls.consumer, ann) as page:\n"
        "            await page.shows('Tea?: 0')\n"
        "            await page.send(kind='close', pk=str(tea.pk))\n"
        "            await page.until(lambda: 'Tea?' not in page.document.text())\n"
        "        async with Page(notes.consumer, ann, board='tea') as page:\n"
        "            await sync_to_async(add_note)('tea', 'Milk')\n"
        "            await page.shows('Milk')\n"
        "        await self.async_client.aforce_login(ann)\n"
        "        request = (await self.async_client.get('/admin/')).asgi_request\n"
        "        request.user = ann\n"
        "        assert 'New note</label>' in await sync_to_async(render_to_string)('notes/notes.html', {}, request)\n"
        "        panel = notes.authorize(ann, {'board': 'tea'}).panel\n"
        "        sent = {'verb': 'add', 'send': '1', 'text': 'x' * 201}\n"
        "        answer = await self.async_client.post(panel, sent, headers={'HX-Request': 'true'})\n"
        "        assert 'A note has at most 200 characters.' in answer.content.decode()\n"
        "        assert '1 people may sign in' in (await self.async_client.get('/admin/')).content.decode()\n"
    )
    manage("makemigrations", "polls", "counts", "notes")
    told = manage("test")
    assert "no issues" in told
    assert "Ran 3 tests" in told
    write(tmp_path, own_htmx)
    with (tmp_path / "project" / "production.py").open("a") as file:
        file.write("PARLOUR = {'HTMX': 'host'}\n")
    assert "(parlour." not in manage("check", "--deploy", "--settings", "project.production")
    passes(tmp_path, "desk/tests.py", settings="project.settings", beside=[ROOT])


_MODEL = """
from django.conf import settings
from django.db import models

class {}(models.Model):
    title = models.CharField(max_length=9, db_index=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="{}")
"""
COMPANY = {  # its own apps "jobs" and "alerts", with the names that they would have by themselves
    "company/jobs/__init__.py": "",
    "company/jobs/models.py": _MODEL.format("Job", "jobs"),
    "company/jobs/templates/jobs/job.html": "a vacancy: {{ job.title }}",
    "company/jobs/urls.py": (
        "from company.jobs.models import Job\nfrom django.urls import path\n"
        "from django.views.generic import DetailView\napp_name = 'jobs'\n"
        "urlpatterns = [path('<int:pk>/', DetailView.as_view(model=Job, template_name='jobs/job.html'), name='job')]\n"
    ),
    "company/alerts/__init__.py": "",
    "company/alerts/models.py": _MODEL.format("Alert", "alerts"),
}


@pytest.mark.faults
def test_alerts_and_jobs_stand_in_another_project_that_installed_the_wheel(tmp_path):
    told = (ROOT / "docs" / "alerts.md").read_text()
    wheel = installed(tmp_path)
    assert len([*wheel.rglob("de/LC_MESSAGES/django.mo")]) == 4
    settings = re.search(r"# project/settings.py, at its end\n(.*?)```", told, re.DOTALL)[1]
    with (tmp_path / "project" / "settings.py").open("a") as file:
        file.write("INSTALLED_APPS += ['parlour', 'django_htmx']\n" + settings + "\nINSTALLED_APPS += ['jobs']\n")
        file.write("INSTALLED_APPS = ['company.jobs', 'company.alerts', *INSTALLED_APPS]\n")
        file.write("TEMPLATES[0]['DIRS'] = [BASE_DIR / 'templates']\n")
        file.write(
            "DATABASES = {'default': {'ENGINE': 'parlour.contrib.sqlite', 'NAME': 'db', 'TEST': {'NAME': 'test_db'},\n"
        )
        file.write("             'OPTIONS': {'transaction_mode': 'IMMEDIATE', 'timeout': 20}}}\n")
        file.write("CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}\n")
    (tmp_path / "project" / "urls.py").write_text(
        "from django.contrib import admin\nfrom django.urls import include, path\n"
        "urlpatterns = [path('admin/', admin.site.urls), path('', include('parlour.urls'))]\n"
        "urlpatterns += [path('company/', include('company.jobs.urls'))]\n"
    )
    write(tmp_path, COMPANY)
    write(tmp_path, {"templates/admin/base_site.html": shown("alerts.md")["templates/admin/base_site.html"]})
    (tmp_path / "templates" / "base.html").write_text("{% load alerts %}{% bell %}{% block content %}{% endblock %}")
    (tmp_path / "page_test.py").write_text(
        "import company.jobs.models\nimport pytest\nfrom alerts import Role, notify\nfrom django.urls import reverse\n"
        "from jobs import Job\n\n"
        "@pytest.mark.django_db(transaction=True)\n"
        "def test_pages(client, django_user_model):\n"
        "    sam = django_user_model.objects.create_user('sam', is_staff=True)\n"
        "    job = Job.objects.create(owner=sam, kind='tea', title='Tea for all')\n"
        "    ann = django_user_model.objects.create_user('ann')\n"
        "    notify(Role('staff'), 'order', '{actor} ordered', actor=ann)\n"
        "    notify(Role('staff'), 'order', 'Tea', actor=ann)\n"
        "    client.force_login(sam)\n"
        "    for path in ('/admin/', '/alerts/', '/alerts/preferences/', '/alerts/panel/', job.get_absolute_url()):\n"
        "        answer = client.get(path)\n"
        "        assert answer.status_code == 200, path\n"
        "    vacancy = company.jobs.models.Job.objects.create(owner=sam, title='Cook')\n"
        "    assert client.get(reverse('jobs:job', args=[vacancy.pk])).content == b'a vacancy: Cook'\n"
        "    assert 'Tea for all' in client.get(job.get_absolute_url()).content.decode()\n"
        "    page = client.get('/alerts/').content.decode() + client.get('/alerts/lines/').content.decode()\n"
        "    assert 'ann ordered' in page and page.count('2 unseen') == 2 and '<bdi>ann</bdi>' in page\n"
    )
    passes(tmp_path, "page_test.py", settings="project.settings", beside=[wheel], migrate=True)
