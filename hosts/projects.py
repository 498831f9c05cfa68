"""Throw-away Django projects that install the wheel: how they are made, started and asked.

Each is what `django-admin startproject` makes, with the lines that the documentation tells its reader to add and the
apps of `examples/`. What is special about one is a file of `variants/`, which is added to its settings; files in a
folder of the same name are put over the others.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from e2e.support.ports import free_port
from e2e.support.processes import Process, run, surroundings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ("polls", "tasks", "signups", "bakery", "lounge", "tickets", "notes")
SETTINGS = f"""
INSTALLED_APPS = ["daphne", "parlour", "alerts", "jobs", "rooms", *{EXAMPLES!r}, *INSTALLED_APPS]
INSTALLED_APPS += ["django.contrib.humanize", "django_htmx", "template_partials"]
ASGI_APPLICATION = "parlour.asgi.application"
LOGIN_URL = "login"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
"""
QUICK_START = re.compile(r"```\w+\n(?:# |<!-- )([\w/.]+)(?:, at its end)?(?: -->)?\n(.*?)```", re.DOTALL)
AROUND = {  # what the README takes for granted: a project with an app, a model and its page
    "polls/models.py": (ROOT / "examples" / "polls" / "models.py").read_text(),
    "project/settings.py": "INSTALLED_APPS += ['polls']\nLOGIN_URL = 'admin:login'\n",
    "project/urls.py": (
        "from django.views.generic import DetailView\nfrom polls.models import Poll\n"
        "urlpatterns += [path('polls/<int:pk>/', DetailView.as_view(model=Poll))]\n"
    ),
}
PEOPLE = """
from django.contrib.auth import get_user_model
people = get_user_model()
people.objects.create_superuser("sam", "sam@example.com", "tea")
people.objects.create_user("kim", "kim@example.com", "tea")
"""


def environment(folder: Path, extras: str = "", *others: str) -> Path:
    """A virtual environment with the wheel of this checkout and `others` in it. Returns its Python."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", f"{wheel}{extras}", *others]
    subprocess.run(install, check=True)
    return python


class Project:
    """One project: its folder, its server on `url`, and processes beside it that share the database."""

    def __init__(self, name: str, folder: Path, python: Path, **env: str) -> None:
        self.name = name
        self.folder = folder
        self.python = python
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.path = ""  # below which the project's pages are
        self.env = surroundings(PYTHONPATH="", **env)
        self._make()
        serve = [str(python), "manage.py", "runserver", "--noreload", str(self.port)]
        self.process = Process(serve, folder / "server.log", self.env, cwd=folder)
        self._wait()

    def _make(self) -> None:
        self._start()
        for app in EXAMPLES:
            shutil.copytree(ROOT / "examples" / app, self.folder / app)
        for files in (HERE / "variants" / "all", HERE / "variants" / self.name):
            if files.exists():
                shutil.copytree(files, self.folder, dirs_exist_ok=True)
        special = (HERE / "variants" / f"{self.name}.py").read_text()
        self.path = "/app" if "FORCE_SCRIPT_NAME" in special else ""
        with (self.folder / "project" / "settings.py").open("a") as settings:
            settings.write(SETTINGS + special)
        own = [app.name for app in self.folder.iterdir() if (app / "models.py").exists() and app.name != "project"]
        self.manage("makemigrations", "-v0", *own)
        self.manage("migrate", "-v0")
        if '"other"' in special:
            self.manage("migrate", "-v0", "--database", "other")
        self.run(PEOPLE)

    def _start(self) -> None:
        self.folder.mkdir()
        subprocess.run([self.python, "-m", "django", "startproject", "project", "."], cwd=self.folder, check=True)

    def _wait(self) -> None:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(self.log())

    def manage(self, *arguments: str) -> str:
        """Run manage.py in a process of its own."""
        command = [self.python, "manage.py", *arguments]
        return run(command, self.env, self.folder)

    def run(self, code: str) -> str:
        """Run code with the project's apps in a process of its own."""
        return self.manage("shell", "-v0", "-c", code)

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def close(self) -> None:
        self.process.end()


class QuickStart(Project):
    """A project and an app as Django makes them, with the lines of README.md and nothing else of ours."""

    def _make(self) -> None:
        self._start()
        self.manage("startapp", "polls")
        for name, text in (*AROUND.items(), *QUICK_START.findall((ROOT / "README.md").read_text())):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (self.folder / name).open("a") as file:
                file.write(text)
        self.manage("makemigrations", "-v0", "polls")
        self.manage("migrate", "-v0")
        self.run(PEOPLE)
