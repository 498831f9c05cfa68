"""What is proved of jobs on SQLite holds on PostgreSQL: the same tests, run against a real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.ground.postgres import Postgres

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def postgres():
    postgres = Postgres()
    yield postgres
    postgres.remove()


def test_jobs_are_claimed_carried_and_fenced_on_postgresql_too(postgres, tmp_path):
    tests = [f"tests/alerts/jobs/test_{name}.py" for name in ("running", "lost", "wishes", "bars")]
    surroundings = os.environ | {"DATABASE_URL": postgres.url("lines"), "PARLOUR_VAR": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", *tests, "-q", "-p", "no:xdist", "--timeout", "60"]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
