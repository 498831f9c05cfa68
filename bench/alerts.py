"""One alert to a thousand people, who all have their bells open: each must show it, as a line and as a toast, once and
in order. Statements are those of the engine's threads meanwhile, which other duties have too, in the best case.
"""

import json
import os
import re
import runpy
import statistics
import sys
import threading
from collections import Counter
from time import perf_counter
from typing import Any

from bench.load import Heard, Http, Room, Wire, Wrong
from bench.results import Figures, Rows, alone
from bench.scenarios import Scenario, measured
from bench.servers import ROOT, Checkout

ROWS: Rows = {
    "alert_seconds": ("one alert to everybody, bells open: s until the last has it", "≤ 1"),
    "alert_worst": ("   the worst, s", ""),
    "alert_statements": ("   SQL statements", "≤ 10"),
    "alert_cpu": ("   server ms in all", ""),
    "alert_size": ("   KiB to each", ""),
}
ALERTS = 5
TELL = "/bench/tell"
SERVE = "from bench.alerts import serve; serve()"
START = (
    f"from config import start; start.SERVER = {sys.executable!r}, [{sys.executable!r}, '-c', {SERVE!r}]; start.main()"
)
executed: Counter[str] = Counter()
people: list[Any] = []


class Bell(Wire):
    """The socket of a bell that was opened."""

    path = "/ws/alerts/"
    ready_at_once = False
    news = re.compile(rb'innerHTML:#bell-announce">bench-(\d{6})')

    def hello(self, page: str) -> str:
        return json.dumps({"kind": "hello", "page": page, "acked": "0", "opened": "1"})

    def hear(self, text: bytes) -> Heard:
        numbers = tuple(map(int, self.news.findall(text)))
        for number in numbers:
            if text.count(b'class="pl-what">bench-%06d' % number) != 2:
                raise Wrong(f"alert {number} is not one toast and one line")
        return Heard(numbers, b'name="met" value="1"' in text)


def figures(readers: int) -> Figures:
    """One repeat, of which the first alert does not count."""
    tree = Checkout("alerts", ROOT, readers)
    with measured(tree.start("uvicorn", command=[sys.executable, "-c", START])) as (server, loop):
        bench, room = Scenario(server, loop), Room()
        bells = bench.connect(Bell(), room, tree.cookies)
        room.readers = len(bells)
        every: list[list[float]] = []
        for number in range(ALERTS + 1):
            loop.run_for(1)
            statements, cpu, received = _ask(bench, TELL), server.cpu(), loop.received
            began = perf_counter()
            room.post(number)
            tell = Http(loop, server.port)
            tell.ask(200, f"{TELL}?{number}", "", lambda _, line=tell: line.close())  # type: ignore[misc]
            loop.run(lambda: room.settled, 60, "the alert is everywhere")
            took, received, cpu = perf_counter() - began, loop.received - received, server.cpu() - cpu
            every.append([took, _ask(bench, TELL) - statements, 1000 * cpu, received / readers / 1024])
        bench.leave(room, bells)
    seconds, executed_, cpu, size = zip(*every[1:], strict=True)
    median = statistics.median
    values = median(seconds), max(seconds), min(executed_), median(cpu), median(size)
    return dict(zip(ROWS, values, strict=True))


def _ask(bench: Scenario, path: str) -> int:
    http = Http(bench.loop, bench.server.port)
    answer = int(http.get(path, "").body)
    http.close()
    return answer


# What the server's process runs


def serve() -> None:
    """The product's server, which also sends an alert to everybody who signed in, for whoever asks at TELL."""
    from django.db.backends.signals import connection_created

    from config import serve as product

    product.set_up()
    connection_created.connect(_watch, weak=False)
    sys.argv = [*product.command("uvicorn", "127.0.0.1", int(os.environ["PORT"]))[:-1], "bench.alerts:application"]
    import config.asgi  # noqa: F401  it patches the server, which has to be done before that starts

    runpy.run_module("uvicorn", run_name="__main__")


def _watch(connection: Any, **_: Any) -> None:
    if _count not in connection.execute_wrappers:  # they outlive what it connects to
        connection.execute_wrappers.append(_count)


def _count(execute: Any, sql: str, *rest: Any) -> Any:
    if threading.current_thread().name.startswith("parlour") and not sql.startswith(("BEGIN", "COMMIT")):
        executed["statements"] += 1
    return execute(sql, *rest)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application: the number of statements so far, at TELL, after the alert with the number in the query."""
    from config.asgi import application as product
    from parlour import run

    if scope.get("path") != TELL:
        await product(scope, receive, send)
        return
    before = executed["statements"]
    if scope["query_string"]:
        await run(_notify, int(scope["query_string"]))
    body = b"%d" % before
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def _notify(number: int) -> None:
    from django.contrib.auth import get_user_model

    from alerts import notify

    if not people:
        people.extend(get_user_model()._default_manager.filter(username__startswith="bench-"))
    notify(people, "bench", f"bench-{number:06} Tea is ready", "By the window", "/")


if __name__ == "__main__":
    sys.exit(alone(ROWS, figures))
