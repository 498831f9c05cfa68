"""What alerts promise on SQLite they keep on PostgreSQL: the same tests, run against a real one."""

import os
import subprocess
import sys
from pathlib import Path

from e2e.ground.postgres import Postgres

ROOT = Path(__file__).parents[2]
SAME = ["mentions", "pages", "rights", "telling"]


def test_alerts_hold_on_postgresql_too(tmp_path):
    postgres = Postgres()
    try:
        tests = [f"tests/alerts/test_{name}.py" for name in SAME]
        surroundings = os.environ | {"DATABASE_URL": postgres.url("bells"), "PARLOUR_VAR": str(tmp_path)}
        command = [sys.executable, "-m", "pytest", *tests, "-q", "-p", "no:xdist", "--timeout", "60"]
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)
    finally:
        postgres.remove()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
