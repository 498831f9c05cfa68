"""A real redis-server on a loopback port of its own."""

import shutil
import signal
import socket
from pathlib import Path

from .ports import free_port
from .processes import Process
from .waiting import eventually


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
    except OSError:
        return False


class Redis:
    """redis-server without persistence: what it forgets in a restart is forgotten, as after a real crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it, also again after `kill`, on the same port; returns when it answers."""
        binary = shutil.which("redis-server")
        assert binary, "redis-server is not installed"
        flags = f"--port {self.port} --bind 127.0.0.1 --appendonly no".split()
        command = [binary, *flags, "--save", "", "--dir", str(self.folder)]
        self.process = Process(command, log=self.folder / "redis.log")
        eventually(lambda: _answers(self.port), 10, "redis answers")

    def url(self, port: int | None = None) -> str:
        """The address for REDIS_URL; another `port` when a proxy stands before it."""
        return f"redis://127.0.0.1:{port or self.port}/0"

    def kill(self) -> None:
        self.process.end(signal.SIGKILL)

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()
