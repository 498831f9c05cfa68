"""What is proved on SQLite holds on PostgreSQL: the same tests, run against a real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.support.postgres import Postgres
from tests.examples import passes

ROOT = Path(__file__).parents[1]
SAME = {
    "tests/parlour": ["writes", "pending", "presence", "slow_callers", "streams"],
    "tests/rooms": [
        "posting",
        "group_commit",
        "mentions",
        "search",
        "restrictions",
        "invitations",
        "large_room",
        "unread",
        "importing",
        "editing",
        "replies",
        "files",
    ],
    "tests/http_bridge": ["bridge"],
    "tests/alerts": ["bell", "mail", "notifications", "pages", "rights"],
    "tests/shop": ["imports"],
    "tests/notes": ["live", "writing", "pages"],
    "tests/jobs": ["running", "lost", "actions", "live"],
    "tests/accounts": ["tokens", "token_sockets"],
    "tests/api": ["api"],
    "tests/webhooks": ["delivery", "pages"],
    "tests/widgets": ["framing", "staff_pages", "embed", "desk", "identity", "files"],
    "tests/monitoring": ["problems", "reporter", "status_page"],
}

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def postgres():
    postgres = Postgres()
    yield postgres
    postgres.remove()


@pytest.mark.parametrize("folder", SAME)
def test_it_holds_on_postgresql_too(folder, postgres, tmp_path):
    tests = [f"{folder}/test_{name}.py" for name in SAME[folder]]
    surroundings = os.environ | {"DATABASE_URL": postgres.url(Path(folder).name), "PARLOUR_VAR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", *tests, "-q", "-k", "not sqlite", "-p", "no:xdist", "--timeout", "300"]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout


def test_live_parts_lists_and_people_here_hold_on_postgresql_too(postgres, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    for test in (ROOT / "tests" / "stock").glob("*.py"):
        shutil.copy(test, tmp_path)
    server = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": postgres.port, "USER": "stories"}
    settings = f"from project.settings import *\n\nDATABASES = {{'default': {server | {'NAME': 'postgres'}}}}\n"
    (tmp_path / "on_postgresql.py").write_text(settings)
    tests = ("live_parts.py", "people_here.py", "numbered_list.py")
    passes(tmp_path, *tests, settings="on_postgresql", beside=[ROOT])
