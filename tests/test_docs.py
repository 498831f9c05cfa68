"""The page that docs/parlour.md builds is built and run, and it is as short as it says."""

import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch

from parlour.conf import Conf
from tests.examples import ROOT, passes, shown, write

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").glob("*.md")]
SETTINGS = """
SECRET_KEY = "only for this test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "parlour", "polls", "django_htmx"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware",
              "django.contrib.auth.middleware.AuthenticationMiddleware"]
DATABASES = {"default": {"ENGINE": "parlour.contrib.sqlite", "NAME": "db", "TEST": {"NAME": "test_db"},
                         "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"], "APP_DIRS": True,
              "OPTIONS": {"context_processors": ["django.template.context_processors.request"]}}]
ROOT_URLCONF = "project.urls"
ALLOWED_HOSTS = ["testserver"]
STATIC_URL = "static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""


def test_the_architecture_says_what_every_file_of_the_engine_does():
    told = (ROOT / "ARCHITECTURE.md").read_text()
    files = {path.name for path in (ROOT / "parlour").glob("[a-z]*.py")}
    assert {name for name in files if f"`{name}`" not in told} == set()


def test_every_file_that_is_named_exists():
    named = {
        name
        for page in PAGES
        for name in re.findall(r"`((?:tests|e2e|docs|parlour|rooms)/[\w/]+\.\w+)`", page.read_text())
    }
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_setting_that_is_told_of_exists():
    told = {name for page in PAGES for name in re.findall(r"PARLOUR_([A-Z_]+\*?)", page.read_text())} - {"VAR"}
    assert {name for name in told if not any(fnmatch(each, name) for each in vars(Conf()))} == set()


def test_the_live_side_and_its_markup_take_under_thirty_lines():
    parts = shown("parlour.md")
    lines = "\n".join(parts[name] for name in ("polls/live.py", "templates/tally.html", "templates/vote.html"))
    assert len([line for line in lines.splitlines() if line.strip()]) < 30


def test_the_page_of_the_documentation_works(tmp_path):
    write(tmp_path, shown("parlour.md"))
    for package in ("polls", "project"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "project" / "settings.py").write_text(SETTINGS)
    (tmp_path / "polls" / "page_test.py").write_text(
        "import pytest\nfrom polls.models import Poll\n\n@pytest.mark.django_db\n"
        "def test_page(client):\n    Poll.objects.create(pk=1, question='Tea?')\n"
        "    page = client.get('/polls/1/').content.decode()\n"
        "    assert 'Tea?: 0 votes' in page and 'ws-connect=\"/ws/polls/1/\"' in page\n"
        "    assert client.get('/polls/1/panel/').status_code == 200\n"
        "    assert client.get('/polls/2/').status_code == 404\n"
        "    import project.asgi\n"
    )
    passes(tmp_path, "polls/tests.py", "polls/page_test.py", settings="project.settings", beside=[ROOT])


def test_alerts_and_jobs_stand_in_another_project_that_installed_the_wheel(tmp_path):
    told = (ROOT / "docs" / "alerts.md").read_text()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("parlour_live-*.whl")
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    subprocess.run([sys.executable, "-m", "django", "startproject", "project", "."], cwd=tmp_path, check=True)
    settings = re.search(r"# project/settings.py, at its end\n(.*?)```", told, re.DOTALL)[1]
    with (tmp_path / "project" / "settings.py").open("a") as file:
        file.write("INSTALLED_APPS += ['parlour', 'django_htmx']\n" + settings + "\nINSTALLED_APPS += ['jobs']\n")
        file.write("TEMPLATES[0]['DIRS'] = [BASE_DIR / 'templates']\n")
        file.write(
            "DATABASES = {'default': {'ENGINE': 'parlour.contrib.sqlite', 'NAME': 'db', 'TEST': {'NAME': 'test_db'},\n"
        )
        file.write("             'OPTIONS': {'transaction_mode': 'IMMEDIATE', 'timeout': 20}}}\n")
        file.write("CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}\n")
    urls = shown("alerts.md")["project/urls.py"] + "\nurlpatterns += [path('alerts/jobs/', include('jobs.urls'))]\n"
    (tmp_path / "project" / "urls.py").write_text(urls)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "base.html").write_text("{% load alerts %}{% bell %}{% block content %}{% endblock %}")
    (tmp_path / "page_test.py").write_text(
        "import pytest\nfrom alerts import Role, notify\nfrom jobs import Job\n\n"
        "@pytest.mark.django_db(transaction=True)\n"
        "def test_pages(client, django_user_model):\n"
        "    sam = django_user_model.objects.create_user('sam', is_staff=True)\n"
        "    job = Job.objects.create(owner=sam, kind='tea', title='Tea for all')\n"
        "    notify(Role('staff'), 'order', '{actor} ordered', actor=sam)\n"
        "    notify(Role('staff'), 'order', 'Tea', actor=sam)\n"
        "    client.force_login(sam)\n"
        "    for path in ('/alerts/', '/alerts/preferences/', '/alerts/panel/', job.get_absolute_url()):\n"
        "        answer = client.get(path)\n"
        "        assert answer.status_code == 200, path\n"
        "    page = client.get('/alerts/').content.decode() + client.get('/alerts/lines/').content.decode()\n"
        "    assert 'sam ordered' in page and page.count('2 unseen') == 2 and '<bdi>sam</bdi>' in page\n"
    )
    passes(tmp_path, "page_test.py", settings="project.settings", beside=[tmp_path / "installed"], migrate=True)
