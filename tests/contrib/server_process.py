"""A real server in a process of its own, on a free loopback port, and the pages that visit it."""

import os
import re
import signal
import socket
import sys
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from e2e.support.ports import free_port
from e2e.support.processes import Process
from e2e.support.waiting import eventually

HERE = Path(__file__).parent
FLAGS = {
    "daphne": "--verbosity 0 --ping-interval 1 --ping-timeout 4",
    "uvicorn": "--no-access-log --http httptools --ws websockets-sansio --ws-max-size 1048576"
    " --ws-per-message-deflate false --ws-ping-interval 1 --ws-ping-timeout 1",
}


class ServerProcess:
    """A server with its log: all that it and its application wrote since `begin`."""

    def __init__(self, kind, path, **surroundings):
        self.kind, self.port, self.path, self.before = kind, free_port(), path, 0
        command = [
            sys.executable,
            "-m",
            kind,
            "patched_app:application",
            *FLAGS[kind].split(),
            "--port",
            str(self.port),
        ]
        surroundings = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), **surroundings}
        self.process = Process(command, path, surroundings, HERE)
        eventually(self.answers, 20, "the server answers")

    def answers(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port), 1).close() is None
        except OSError:
            return False

    def begin(self):
        """Forget what was logged."""
        self.before = len(self.path.read_text())

    def log(self):
        return self.path.read_text()[self.before :]

    def reads(self, words, times=1, seconds=20):
        """Wait until the log has these words so many times."""
        eventually(lambda: self.log().count(words) >= times, seconds, f"{words} in {self.log()}")

    def page(self, path):
        address = f"ws://127.0.0.1:{self.port}/{path}"
        return connect(address, open_timeout=20, close_timeout=1, ping_interval=None, max_size=None)

    def stalled(self, path):
        """A page that shakes hands and never reads again, unless it is made to."""
        page = socket.socket()
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        page.connect(("127.0.0.1", self.port))
        page.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        return page

    def memory(self):
        """Resident MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def terminate(self):
        os.kill(self.process.pid, signal.SIGTERM)


def end_of(page, seconds=20):
    """The close code that the page got; None when the connection just ended."""
    try:
        while True:
            page.recv(timeout=seconds)
    except ConnectionClosed as told:
        return told.rcvd and told.rcvd.code
