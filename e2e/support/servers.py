"""The product under daphne or uvicorn, as its users start it."""

import http.client
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from config import serve

from .ports import free_port
from .processes import Process
from .waiting import eventually


class Server:
    """One process of the product on one port; several over one database are several of these."""

    process: Process

    def __init__(self, kind: str, root: Path, env: Mapping[str, str], log: Path) -> None:
        self.kind = kind
        self.port = free_port()
        self._root = root
        self._env = {**env, "PORT": str(self.port)}
        self._log = log

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", *serve.command(self.kind, "127.0.0.1", self.port)]
        self.process = Process(command, log=self._log, env=self._env, cwd=self._root)
        eventually(self._answers, 30, f"{self.kind} answers on {self.port}")

    def kill(self) -> None:
        """SIGKILL: no farewell of any kind."""
        self.process.end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again on the same port."""
        self.kill()
        self.start()

    def stop(self) -> float:
        """SIGTERM, as a deploy does; returns the seconds until it was gone."""
        return self.process.end(signal.SIGTERM, within=40)

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def _answers(self) -> bool:
        if not self.process.alive:
            raise RuntimeError(f"{self.kind} ended at once\n{self.process.tail()}")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()
