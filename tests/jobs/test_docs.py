"""What docs/jobs.md shows is run as it stands there."""

from jobs.context import JobContext
from tests.examples import ROOT, passes, shown, write

TEXT = (ROOT / "docs" / "jobs.md").read_text()

AROUND = {
    "tea/__init__.py": "",
    "tea/models.py": (
        "from django.db import models\n\n\nclass Cup(models.Model):\n"
        "    number = models.IntegerField()\n    clean = models.BooleanField(default=False)\n"
    ),
    "tea/templates/tea/cups.html": "{{ cups }} cups stand here",
    "tea/urls.py": (
        "from django.urls import include, path\nfrom tea.views import tea_for_all\n\n"
        "urlpatterns = [path('tea/', tea_for_all), path('', include('config.urls'))]\n"
    ),
    "tea_settings.py": "from config.settings import *\n\nINSTALLED_APPS = [*INSTALLED_APPS, 'tea']\n"
    "ROOT_URLCONF = 'tea.urls'\n",
    "tea/asgi_test.py": (
        "from jobs import executor\n\n"
        "async def test_the_executor_is_started_and_stopped(monkeypatch):\n"
        "    told, sent = [], []\n"
        "    monkeypatch.setattr(executor, 'start', lambda: told.append('started'))\n"
        "    monkeypatch.setattr(executor, 'stop', lambda: told.append('stopped'))\n"
        "    from tea.asgi import lifespan\n"
        "    events = iter([{'type': 'lifespan.startup'}, {'type': 'lifespan.shutdown'}])\n"
        "    async def receive():\n        return next(events)\n"
        "    async def send(event):\n        sent.append(event['type'])\n"
        "    await lifespan({'type': 'lifespan'}, receive, send)\n"
        "    assert told == ['started', 'stopped']\n"
        "    assert sent == ['lifespan.startup.complete', 'lifespan.shutdown.complete']\n"
    ),
    "conftest.py": "from tests.conftest import plain_static_files\n",
}


def test_the_examples_of_the_documentation_work(tmp_path):
    write(tmp_path, shown("jobs.md") | AROUND)
    told = passes(tmp_path, "tea/tests.py", "tea/asgi_test.py", settings="tea_settings", beside=[ROOT, ROOT / "site"])
    assert "6 passed" in told


def test_all_of_the_context_is_documented():
    told = ["report", "advance", "track", "check", "cancelled", "arguments", "owner", "pk", "attempt", "job"]
    known = [name for name in vars(JobContext) if not name.startswith("_")]
    assert set(known) <= set(told)
    assert [name for name in told if f"job.{name}" not in TEXT] == []
