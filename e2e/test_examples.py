"""The examples in a browser: a stock project with auth.User, served with sockets and without."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .support.ports import free_port
from .support.processes import Process
from .support.redis import Redis
from .support.waiting import eventually

ROOT = Path(__file__).resolve().parents[1]
PREPARE = """
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
VOTE = "from polls.models import Poll; poll = Poll.objects.get(); poll.votes += 1; poll.save()"
TASK = "from tasks.models import Task; one, two, three = Task.objects.all()"
WATCH = """window.seen = 0; new MutationObserver(() => {
  if (!window.seen && document.body.innerText.includes("1 votes")) window.seen = Date.now() / 1000;
}).observe(document.body, {childList: true, subtree: true})"""


class Host:
    """A copy of the examples with a database and one signed-in person, served as `settings` say."""

    def __init__(self, folder: Path, browser: Browser, settings: str = "", server: str = "daphne") -> None:
        self.folder = folder / "host"
        shutil.copytree(ROOT / "examples", self.folder)
        with (self.folder / "project" / "settings.py").open("a") as file:
            file.write(settings)
        self.env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{self.folder}:{ROOT}"}
        self.env["DJANGO_SETTINGS_MODULE"] = "project.settings"
        self.manage("makemigrations", "polls", "tasks")
        self.manage("migrate")
        self.session = self.manage("shell", "--no-imports", "-c", PREPARE).split()[-1]
        self.browser = browser
        self.port = free_port()
        self.errors: list[str] = []
        commands = {
            "daphne": ["-m", "daphne", "-p", str(self.port), "parlour.asgi:application"],
            "uvicorn": ["-m", "uvicorn", "--port", str(self.port), "parlour.asgi:application"],
            "runserver": ["-m", "django", "runserver", "--noreload", str(self.port)],
        }
        command = [sys.executable, *commands[server]]
        self.process = Process(command, log=self.folder / "log", env=self.env, cwd=self.folder)
        eventually(self._answers, 20, "the host answers")

    def manage(self, *command: str) -> str:
        done = subprocess.run([sys.executable, "-m", "django", *command], env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def open(self, path: str, **options: Any) -> Page:
        context = self.browser.new_context(**options)
        url = f"http://127.0.0.1:{self.port}"
        context.add_cookies([{"name": "sessionid", "value": self.session, "url": url}])
        page = context.new_page()
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.goto(url + path)
        return page

    def _answers(self) -> bool:
        page = self.browser.new_page()
        try:
            response = page.goto(f"http://127.0.0.1:{self.port}/admin/login/")
            return response is not None and response.ok
        except Exception:
            return False
        finally:
            page.close()


@pytest.fixture
def host(tmp_path: Path, browser: Browser) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def make(**options: Any) -> Host:
        hosts.append(Host(tmp_path, browser, **options))
        return hosts[-1]

    yield make
    for each in hosts:
        for context in each.browser.contexts:
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
    stock.manage("shell", "--no-imports", "-c", VOTE)
    assert max(seconds_until(page, "Tea?: 2 votes") for page in pages) < 4
    assert stock.errors == []


def test_with_redis_another_processs_save_is_there_at_once(host: Callable[..., Host], redis: Redis) -> None:
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis.url()]}}
    ticks_help_nobody = "PARLOUR = {'TICK': 60.0}"
    stock = host(settings=f"\nCHANNEL_LAYERS = {{'default': {layer}}}\n{ticks_help_nobody}\n", server="uvicorn")
    page = met(stock.open("/polls/1/"))
    page.evaluate(WATCH)
    saved = float(stock.manage("shell", "--no-imports", "-c", f"{VOTE}; import time; print(time.time())").split()[-1])
    expect(page.get_by_text("Tea?: 1 votes")).to_be_visible()
    assert page.evaluate("window.seen") - saved < 0.5


def test_rows_of_a_list_change_in_place(host: Callable[..., Host]) -> None:
    stock = host()
    page = met(stock.open("/tasks/"))
    rows = page.locator("li")
    stock.manage("shell", "--no-imports", "-c", f"{TASK}; two.title = 'zwei'; two.save()")
    expect(rows).to_have_text(["one", "zwei", "three"], timeout=10_000)
    rows.nth(1).evaluate("row => row.marked = true")
    stock.manage("shell", "--no-imports", "-c", f"{TASK}; one.delete(); Task.objects.create(title='four', place=4)")
    expect(rows).to_have_text(["zwei", "three", "four"], timeout=10_000)
    assert rows.nth(0).evaluate("row => row.marked")
    assert stock.errors == []


def test_without_sockets_the_button_works_and_the_page_shows_it(host: Callable[..., Host]) -> None:
    stock = host(settings="\nINSTALLED_APPS.remove('daphne')\n", server="runserver")
    page = stock.open("/polls/1/")
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_text("Tea?: 1 votes")).to_be_visible()
    expect(page.get_by_text("No socket.")).to_be_visible(timeout=10_000)


def test_without_script_the_button_works(host: Callable[..., Host]) -> None:
    page = host().open("/polls/1/", java_script_enabled=False)
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_text("Tea?: 1 votes")).to_be_visible()
    assert page.url.endswith("/polls/1/")
