"""The examples in a browser: a stock project with auth.User, served with sockets and without."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from .support.deployments import ROOT
from .support.http_client import HttpClient
from .support.ports import free_port
from .support.processes import Process
from .support.waiting import eventually

PREPARE = """
from importlib import invalidate_caches
from django.core.management import call_command
call_command("makemigrations", "polls", "tasks", verbosity=0)
invalidate_caches()
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from polls.models import Poll
from tasks.models import Task
ann = User.objects.create_superuser("ann")
session = SessionStore()
session.update({"_auth_user_id": str(ann.pk), "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                "_auth_user_hash": ann.get_session_auth_hash()})
session.save()
Poll.objects.create(pk=1, question="Tea?")
for place, title in enumerate(["one", "two", "three"]):
    Task.objects.create(title=title, place=place)
print(session.session_key)
"""
SERVERS = {
    "daphne": "daphne -p {} parlour.asgi:application",
    "uvicorn": "uvicorn --port {} parlour.asgi:application",
    "runserver": "django runserver --noreload {}",
}
VOTE = "from polls.models import Poll; poll = Poll.objects.get(); poll.votes += 1; poll.save()"


class Host:
    """A copy of the examples with a database and one signed-in person, served as `settings` say."""

    def __init__(self, source: Path, folder: Path, browser: Browser, settings: str = "", server: str = "") -> None:
        shutil.copytree(source, folder)
        self.folder, self.browser = folder, browser
        self.url = f"http://127.0.0.1:{free_port()}"
        self.env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{ROOT}"}
        self.env["DJANGO_SETTINGS_MODULE"] = "project.settings"
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        with (folder / "project" / "settings.py").open("a") as file:
            file.write(f"\nSTATICFILES_DIRS = [{str(ROOT / 'static')!r}]\n{settings}\n")  # the wheel brings these
        if server:
            command = [sys.executable, "-m", *SERVERS[server].format(self.url.rpartition(":")[2]).split()]
            self.process = Process(command, log=folder / "log", env=self.env, cwd=folder)
            eventually(self._answers, 20, "the host answers")

    def shell(self, script: str) -> str:
        """Run a script in a process of its own; what it printed."""
        command = [sys.executable, "-m", "django", "shell", "--no-imports", "-c", script]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def open(self, path: str, **options: Any) -> Page:
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": (self.folder / "session").read_text(), "url": self.url}])
        page = context.new_page()
        page.on("console", self._note)
        page.goto(self.url + path)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return HttpClient(self.url).get("/admin/login/").status == 200
        return False


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """The folder that every host begins as: with migrations, a database, and the session of one person."""
    host = Host(ROOT / "examples", tmp_path_factory.mktemp("examples") / "prepared", browser)
    (host.folder / "session").write_text(host.shell(PREPARE).split()[-1])
    return host.folder


@pytest.fixture
def host(tmp_path: Path, prepared: Path, browser: Browser) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def make(server: str = "daphne", settings: str = "") -> Host:
        hosts.append(Host(prepared, tmp_path / f"host-{len(hosts)}", browser, settings, server))
        return hosts[-1]

    yield make
    for each in hosts:
        for context in each.contexts:
            context.close()
        each.process.kill()


def met(page: Page) -> Page:
    """Wait until the server has greeted the page's socket."""
    expect(page.locator("[name=met]")).to_have_value("1", timeout=10_000)
    return page


def seconds_until(page: Page, words: str) -> float:
    began = time.monotonic()
    expect(page.get_by_text(words)).to_be_visible(timeout=10_000)
    return time.monotonic() - began


def test_a_vote_and_another_processs_save_are_on_every_page(host: Callable[..., Host]) -> None:
    stock = host(server="runserver")
    pages = [met(stock.open("/polls/1/")) for _ in range(2)]
    pages[0].get_by_role("button", name="Vote").click()
    expect(pages[1].get_by_text("Tea?: 1 votes")).to_be_visible()
    stock.shell(VOTE)
    assert max(seconds_until(page, "Tea?: 2 votes") for page in pages) < 4
    plain = stock.open("/polls/1/", java_script_enabled=False)
    plain.get_by_role("button", name="Vote").click()
    expect(plain.get_by_text("Tea?: 3 votes")).to_be_visible()
    assert plain.url.endswith("/polls/1/")
    assert stock.errors == []


def test_without_sockets_the_button_works_and_the_page_shows_it(host: Callable[..., Host]) -> None:
    stock = host(settings="INSTALLED_APPS.remove('daphne')", server="runserver")
    page = stock.open("/polls/1/")
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_text("Tea?: 1 votes")).to_be_visible()
    expect(page.get_by_text("No socket.")).to_be_visible(timeout=10_000)
