"""Restart: the server ends under all readers as for a deploy, and the next accepts from the same port, which stays open
as systemd holds it. Pages come back as htmx's do, after a random part of a second, of two, of four. When the first is
back it says things, and each page must be told all of them once.

`make bench` runs it; alone it is python -m bench.reconnect [--readers 1000], or `make bench-reconnect`.
"""

import heapq
import os
import random
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from functools import partial
from time import perf_counter

from bench.load import Loop, Room, Socket, Wrong, nothing
from bench.results import alone
from bench.scenarios import PATIENCE, Figures, Product
from bench.servers import ROOT, WORK, Checkout, Server

SAID = 20
ROWS = {
    "restart_p50": ("restart: s after the server is up until a page has caught up, p50", "≤ 1.5"),
    "restart_p99": ("   p99", "≤ 3"),
    "restart_closed": ("   s from a page's close until it has caught up, p50", ""),
    "restart_last": ("   the last", ""),
}
AS_SYSTEMD = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", sys.executable, "-m", "config.serve"]


def unaccepted(held: socket.socket) -> int:
    """How many connections wait that no server has accepted: `tcpi_unacked` of a socket that listens."""
    return int(struct.unpack_from("I", held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0])


class Page(Socket):
    """A socket whose end is news."""

    on_end = nothing

    def readable(self) -> None:
        try:
            super().readable()
        except Wrong:
            self.close()
            self.on_end()


class Restart(Product):
    """Pages, their ends, and when each had caught up."""

    def __init__(self, tree: Checkout, held: socket.socket, loop: Loop) -> None:
        self.tree, self.held = tree, held
        super().__init__(self.start(), loop, tree.cookies)
        self.server.wait("/healthz")
        self.closed_at: dict[str, float] = {}
        self.back_at: dict[str, float] = {}
        self.tries: dict[str, int] = {}
        self.due: list[tuple[float, str]] = []
        self.room, self.pages = Room(), dict[str, Page]()
        self.up, self.waiting = 0.0, 0

    def start(self) -> Server:
        """A server that accepts from the held port."""
        port = self.held.getsockname()[1]
        env = {"PARLOUR_VAR": str(self.tree.var), "PORT": str(port), "SERVER": "uvicorn", "DEMO": "1"}
        env |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web", "DJANGO_SETTINGS_MODULE": "config.settings"}
        env["PYTHONPATH"] = f"{ROOT}:{ROOT / 'site'}"
        return Server("restart", AS_SYSTEMD, ROOT, WORK / "restart.log", port, self.held.fileno(), **env)

    def open(self, cookie: str, room: Room, then: Callable[[], None]) -> Page:
        page = Page(self.loop, self.held.getsockname()[1], self.page_wire, room, cookie, 0)
        page.on_ready, page.on_end = then, partial(self.ended, cookie)
        return page

    def ended(self, cookie: str) -> None:
        self.closed_at.setdefault(cookie, perf_counter())
        self.tries[cookie] = self.tries.get(cookie, -1) + 1
        heapq.heappush(self.due, (perf_counter() + random.random() * 2 ** min(self.tries[cookie], 6), cookie))

    def restart(self) -> None:
        """End the server as a deploy does, and start the next."""
        os.kill(self.server.process.pid, signal.SIGTERM)
        self.server.process.wait(40)
        self.server = self.start()

    def watch(self) -> None:
        """The new server is up when it accepts the first of the connections that wait."""
        before, self.waiting = self.waiting, unaccepted(self.held)
        if self.waiting < before or self.back_at:
            self.up = self.up or perf_counter()

    def run(self, cookies: list[str]) -> None:
        """Everybody is there, the server restarts, and everybody is there again."""
        self.page_wire = self.wire("bench-audience")
        ready: list[str] = []
        for cookie in cookies:
            self.open(cookie, Room(), partial(ready.append, cookie))
            self.loop.run_for(0.005)
        self.loop.run(lambda: len(ready) == len(cookies), PATIENCE, "all pages are open")
        self.room.readers = len(cookies)
        self.loop.run_for(3)  # until all have been told who is there
        self.page_wire = self.wire("bench-audience")  # with the cursors that they have now
        deploy = threading.Thread(target=self.restart, daemon=True)
        deploy.start()
        self.loop.run(lambda: len(self.closed_at) == len(cookies), PATIENCE, "the server ends")
        end = perf_counter() + PATIENCE
        while len(self.back_at) < len(cookies):
            self.come_back()
            self.loop.run_for(0.005)
            self.watch()
            if perf_counter() > end:
                raise Wrong(f"{len(self.back_at)} of {len(cookies)} pages came back within {PATIENCE} s")
        deploy.join(PATIENCE)
        self.settle(self.room, list(self.pages.values()))

    def come_back(self) -> None:
        """Open the sockets whose time has come."""
        while self.due and self.due[0][0] <= perf_counter():
            _, cookie = heapq.heappop(self.due)
            self.pages[cookie] = self.open(cookie, self.room, partial(self.caught_up, cookie))

    def caught_up(self, cookie: str) -> None:
        self.back_at[cookie] = perf_counter()
        if len(self.back_at) == 1:
            for _ in range(SAID):
                self.pages[cookie].say(next(self.numbers))

    def seconds(self, since: str) -> list[float]:
        """How long each page took, in order: since its own end ("closed"), or since the new server was up ("up")."""
        return sorted(at - (self.up if since == "up" else self.closed_at[who]) for who, at in self.back_at.items())


def figures(readers: int) -> Figures:
    tree = Checkout("now", ROOT, readers + 1)
    tree.start("uvicorn").stop()  # on fresh data, with its static files
    held = socket.create_server(("127.0.0.1", 0), backlog=2048)
    held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    loop = Loop()
    restart = Restart(tree, held, loop)
    try:
        restart.run(tree.cookies[:readers])
    finally:
        loop.close()
        restart.server.stop()
    closed, up = restart.seconds("closed"), restart.seconds("up")
    return {
        "restart_p50": up[len(up) // 2],
        "restart_p99": up[len(up) * 99 // 100],
        "restart_closed": closed[len(closed) // 2],
        "restart_last": closed[-1],
    }


if __name__ == "__main__":
    sys.exit(alone(ROWS, figures))
