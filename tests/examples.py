"""Examples of the documentation, run as they stand there: in a folder and by a pytest of their own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```\w+\n(?:# |<!-- )([\w/.]+\.\w+)(?: -->)?\n(.*?)```", re.DOTALL)
PLUGINS = "-p no:cacheprovider -p no:playwright -p no:hypothesispytest -p quick"
PYTEST = f"{sys.executable} -m pytest -q {PLUGINS} -o asyncio_mode=auto".split()


def shown(page):
    """The files that a page of the documentation shows: {name: text}."""
    return dict(BLOCK.findall((ROOT / "docs" / page).read_text()))


def write(folder, files):
    """Write {name: text} below `folder`."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def passes(folder, *tests, settings, beside=(), migrate=False):
    """Run these tests of `folder`, with the folders `beside` it on the path. Returns what pytest printed.

    Tables are made from the models, which is quicker, unless all migrations are to run (`migrate`).
    """
    shutil.copy(ROOT / "tests" / "quick.py", folder)
    kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    path = ":".join(map(str, (folder, *beside)))
    env = kept | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": settings, "PARLOUR_VAR": str(folder / "var")}
    tables = "--migrations" if migrate else "--nomigrations"
    done = subprocess.run([*PYTEST, tables, *tests], cwd=folder, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
