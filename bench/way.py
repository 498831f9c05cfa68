"""How far one message travels in the code: files, moves between them, SQL statements. Printed by `bench.report`.

One process calls `config.asgi` as a server does, on a fresh SQLite database with the demo in it. A message counts from
a say frame to the frame that another page gets, an alert from `notify()` in a thread to the frame of the one open bell.
A profile function in all threads sees each function of ours that is entered and each coroutine of ours that is resumed:
`files` are the files these are in; a `move` is one in another file than the one before it in the same thread. The
site's wiring (`config`) is left out. Of five messages the median counts, of two
alerts the smaller (a tick may come between). SQL statements are those that Django sends:
BEGIN is among them, COMMIT is not.
"""

import asyncio
import io
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(sys.argv[1]).resolve()
Figures = tuple[int, ...]  # files, moves, SQL statements

# ---- All that a rename may change: what is called and what is read of the product. ----
OURS = ("parlour/", "rooms/", "alerts/", "jobs/", "site/")
WIRING = "site/config/"
PEOPLE = ("member", "other", "staff")  # of the demo; the last is staff
ROOM, SAY, ROOM_SOCKET, BELL_SOCKET = "/rooms/lobby/", "/rooms/lobby/messages/", "/ws/rooms/lobby/", "/ws/alerts/"
MET, BEAT = 'name="met" value="1"', '-beat"'  # what the answer to a hello and a heartbeat hold


def staff_alert() -> Callable[[str], Any]:
    """What tells all staff something."""
    from alerts import Role, notify

    return partial(notify, Role("staff"), "order")


# ---- Nothing below names a part of the product. ----


class Way:
    """What happened since `begin`: files of ours, moves between them, SQL statements."""

    noting = False
    sql = 0

    def begin(self) -> None:
        self.files: set[str] = set()
        self.last: dict[int, str] = {}
        self.moves = self.sql = 0
        self.noting = True

    def end(self) -> Figures:
        self.noting = False
        return len(self.files), self.moves, self.sql

    def called(self, frame: FrameType, event: str, _: Any) -> None:
        if self.noting and event == "call":
            name, thread = frame.f_code.co_filename.removeprefix(f"{ROOT}/"), threading.get_ident()
            if name.startswith(OURS) and not name.startswith(WIRING):
                self.files.add(name)
                self.moves += self.last.get(thread) != name
                self.last[thread] = name

    def asked(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.sql += self.noting
        return execute(*args)


way = Way()


async def heard(page: Any, words: str) -> None:
    while words not in await page.receive_from(timeout=10):
        pass


async def opened(client: Any, path: str, key: str, socket: str) -> Any:
    """A page with a socket that has answered hello."""
    from channels.testing import WebsocketCommunicator

    from config.asgi import application

    html = (await asyncio.to_thread(client.get, path)).content.decode()
    cursors = [tag for tag in re.findall(r"<input[^>]*>", html) if f'id="{key}' in tag and 'name="cursor"' in tag]
    cookies = "; ".join(f"{name}={each.value}" for name, each in client.cookies.items())
    headers = {"host": "testserver", "origin": "http://testserver", "cookie": cookies}
    page = WebsocketCommunicator(
        application, socket, [(name.encode(), each.encode()) for name, each in headers.items()]
    )
    await page.connect()
    await page.send_json_to({"kind": "hello", "cursor": [tag.split('value="')[1].split('"')[0] for tag in cursors]})
    await heard(page, MET)
    return page


async def ways(clients: dict[str, Any]) -> dict[str, Figures]:
    """A message in a room with two pages; an alert with one bell open."""
    here, there = [await opened(clients[name], ROOM, "room-", ROOM_SOCKET) for name in PEOPLE[:2]]
    messages = []
    for n in range(7):
        await asyncio.sleep(0.3)
        way.begin()
        await here.send_json_to({"kind": "say", "page": "0" * 16, "acked": str(n), "text": f"message {n}."})
        await heard(there, f"message {n}.")
        messages.append(way.end())
    await asyncio.gather(here.disconnect(), there.disconnect())
    tell, bell = staff_alert(), await opened(clients[PEOPLE[-1]], "/", "bell-", BELL_SOCKET)
    alerts = []
    for n in range(3):
        await heard(bell, BEAT)  # so that none comes in between
        await asyncio.sleep(0.1)
        way.begin()
        await asyncio.to_thread(tell, f"alert {n}.")
        await heard(bell, f"alert {n}.")
        alerts.append(way.end())
    median = tuple(int(statistics.median_low(each)) for each in zip(*messages[2:], strict=True))
    return {"one message": median, "one alert, one bell open": min(alerts[1:])}


def room_page(clients: list[Any]) -> Figures:
    """A page with 50 messages on it and nobody in the room, for somebody who is signed in."""
    for n in range(50):
        fields = {"kind": "say", "page": f"{n + 1:016}", "acked": "0", "text": f"line {n}."}
        clients[n % 3].post(SAY, fields)
    for _ in range(2):  # the first wakes up what sleeps
        way.begin()
        html = clients[0].get(ROOM).content.decode()
        figures = way.end()
    assert {f"line {n}." for n in range(50)} <= set(re.findall(r"line \d+\.", html))
    return figures


def measured(var: str) -> dict[str, Figures]:
    """Run the product in this process, with `var` for its files."""
    os.environ.update(PARLOUR_VAR=var, DEMO="1", DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR")
    os.environ.update(DATABASE_URL="", REDIS_URL="")
    sys.path[:1] = [str(ROOT), str(ROOT / "site")]
    threading.setprofile(way.called)
    sys.setprofile(way.called)
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connections
    from django.db.backends.signals import connection_created
    from django.test import Client

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(way.asked), weak=False)
    connections.close_all()
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=io.StringIO())
    clients = {name: Client() for name in PEOPLE}
    for name, client in clients.items():
        person = get_user_model().objects.get(username=name)
        client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])
    room = room_page([*clients.values()])  # first, while nobody is there
    return {**asyncio.run(ways(clients)), "room page with 50 messages": room}


if __name__ == "__main__":
    var = tempfile.mkdtemp(prefix="report-")
    try:
        print(json.dumps(measured(var)), flush=True)
    except Exception:
        traceback.print_exc()
    shutil.rmtree(var, ignore_errors=True)
    os._exit(0)  # threads of the product would keep this process
