"""Examples of the documentation, run as they stand there: in a folder and by a pytest of their own."""

import re
import shutil
import sys
from pathlib import Path

from django.core.management import call_command

from e2e.support.processes import run, surroundings

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```\w+\n(?:# |<!-- )([\w/.]+\.\w+)(?: -->)?\n(.*?)```", re.DOTALL)
PLUGINS = "-p no:cacheprovider -p no:hypothesispytest -p quick"
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
    path = ":".join(map(str, (folder, *beside)))
    env = surroundings(PYTHONPATH=path, DJANGO_SETTINGS_MODULE=settings, PARLOUR_VAR=str(folder / "var"))
    return run([*PYTEST, "--migrations" if migrate else "--nomigrations", *tests], env, folder)


def installed(folder):
    """Make a project in `folder` as Django does; where the wheel of this checkout is installed, for `beside`."""
    call_command("startproject", "project", folder)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT)
    [wheel] = folder.glob("parlour_live-*.whl")
    shutil.unpack_archive(wheel, folder / "installed", "zip")
    return folder / "installed"
