"""What docs/jobs.md shows is run as it stands there."""

import pytest

from jobs.progress import JobContext
from tests.examples import ROOT, passes, shown, write

TEXT = (ROOT / "docs" / "jobs.md").read_text()

AROUND = {
    "tea/__init__.py": "",
    "tea/templates/tea/cups.html": "{{ cups }} cups stand here",
    "tea_urls.py": (
        "from django.urls import include, path\n\n"
        "urlpatterns = [path('', include('tea.urls')), path('', include('config.urls'))]\n"
    ),
    "tea_settings.py": "from config.settings import *\n\nINSTALLED_APPS = [*INSTALLED_APPS, 'tea']\n"
    "ROOT_URLCONF = 'tea_urls'\n",
    "conftest.py": "from tests.conftest import plain_static_files\n",
}


@pytest.mark.faults
def test_the_examples_of_the_documentation_work(tmp_path):
    write(tmp_path, shown("jobs.md") | AROUND)
    told = passes(tmp_path, "tea/tests.py", settings="tea_settings", beside=[ROOT, ROOT / "site"])
    assert "5 passed" in told


def test_all_of_the_context_is_documented():
    told = ["report", "advance", "track", "check", "cancelled", "arguments", "owner", "pk", "attempt", "job"]
    known = [name for name in vars(JobContext) if not name.startswith("_")]
    assert set(known) <= set(told)
    assert [name for name in told if f"job.{name}" not in TEXT] == []
