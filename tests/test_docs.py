"""The page that docs/parlour.md builds is built and run, and it is as short as it says."""

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from parlour.conf import DEFAULTS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "parlour.md"
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
SETTINGS = """
SECRET_KEY = "only for this test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "parlour", "polls", "django_htmx"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware",
              "django.contrib.auth.middleware.AuthenticationMiddleware"]
DATABASES = {"default": {"ENGINE": "parlour.sqlite", "NAME": "db", "TEST": {"NAME": "test_db"},
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


def blocks():
    found = re.findall(r"```\w+\n(?:# |<!-- )([\w/.]+\.\w+)(?: -->)?\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return dict(found)


def test_the_map_says_what_every_file_of_the_engine_does():
    told = (ROOT / "docs" / "way-of-a-message.md").read_text().partition("## The engine's map")[2].partition("\n## ")[0]
    files = {path.stem for path in (ROOT / "parlour").glob("[a-z]*.py")} - {"apps"}
    assert {name for name in files if f"`{name}`" not in told} == set()


def test_every_setting_that_is_told_of_exists():
    told = {name for page in PAGES for name in re.findall(r"PARLOUR_([A-Z_]+\*?)", page.read_text())} - {"VAR"}
    assert {name for name in told if not any(fnmatch(each, name) for each in DEFAULTS)} == set()


def test_the_live_side_and_its_markup_take_under_thirty_lines():
    parts = blocks()
    lines = [
        line
        for name in ("polls/live.py", "templates/tally.html", "templates/vote.html")
        for line in parts[name].splitlines()
    ]
    assert len([line for line in lines if line.strip()]) < 30


@pytest.mark.parametrize("path", ["/polls/1/"])
def test_the_page_of_the_documentation_works(tmp_path, path):
    for name, text in blocks().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for package in ("polls", "project"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "project" / "settings.py").write_text(SETTINGS)
    (tmp_path / "polls" / "page_test.py").write_text(
        "import pytest\nfrom polls.models import Poll\n\n@pytest.mark.django_db\n"
        "def test_page(client):\n    Poll.objects.create(pk=1, question='Tea?')\n"
        f"    page = client.get('{path}').content.decode()\n"
        "    assert 'Tea?: 0 votes' in page and 'ws-connect=\"/ws/polls/1/\"' in page\n"
        "    assert client.get('/polls/1/panel/').status_code == 200\n"
        "    assert client.get('/polls/2/').status_code == 404\n"
        "    import project.asgi\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_mode=auto",
        "polls/tests.py",
        "polls/page_test.py",
    ]
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "project.settings"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_stand_in_another_project_once_copied_as_told(tmp_path):
    told = (ROOT / "docs" / "alerts.md").read_text()
    copy = re.search(r"```sh\n(.*?)```", told, re.DOTALL)[1]
    subprocess.run(["sh", "-ec", copy], cwd=ROOT, env={**os.environ, "PROJECT": str(tmp_path)}, check=True)
    subprocess.run([sys.executable, "-m", "django", "startproject", "project", "."], cwd=tmp_path, check=True)
    settings = re.search(r"# project/settings.py, at its end\n(.*?)```", told, re.DOTALL)[1]
    with (tmp_path / "project" / "settings.py").open("a") as file:
        file.write(settings + "\nINSTALLED_APPS += ['parlour', 'django_htmx']\nPARLOUR = {}\n")
        file.write("TEMPLATES[0]['DIRS'] = [BASE_DIR / 'templates']\n")
        file.write("DATABASES = {'default': {'ENGINE': 'parlour.sqlite', 'NAME': 'db', 'TEST': {'NAME': 'test_db'},\n")
        file.write("             'OPTIONS': {'transaction_mode': 'IMMEDIATE', 'timeout': 20}}}\n")
        file.write("CHANNEL_LAYERS = {'default': {'BACKEND': 'channels.layers.InMemoryChannelLayer'}}\n")
    urls = re.search(r"# (project/urls.py)\n(.*?)```", told, re.DOTALL)
    (tmp_path / urls[1]).write_text(urls[2])
    (tmp_path / "templates" / "base.html").write_text("{% load alerts %}{% bell %}{% block main %}{% endblock %}")
    (tmp_path / "page_test.py").write_text(
        "import pytest\nfrom alerts import Role, notify\nfrom alerts.jobs import Job\n\n"
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
        "    page = client.get('/alerts/').content.decode()\n"
        "    assert 'sam ordered' in page and '2 unseen' in page and '<bdi>sam</bdi>' in page\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    env = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}:{tmp_path / 'engine'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
    }
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "parlour").symlink_to(ROOT / "parlour")
    command += ["page_test.py"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
