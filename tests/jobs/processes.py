"""Real processes that run jobs of the test's database: Celery's worker, a web server."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from e2e.support.ports import free_port
from e2e.support.processes import Process, surroundings

ROOT = Path(__file__).resolve().parents[2]


def database() -> str:
    """The address of the test's own database."""
    kept, name = os.environ.get("DATABASE_URL", ""), connection.settings_dict["NAME"]
    return urlsplit(kept)._replace(path=f"/{name}").geturl() if kept else f"sqlite:///{name}"


class Processes:
    """Processes of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[Process] = []

    def worker(self, redis_url: str) -> Process:
        return self._start(["-m", "celery", "--quiet", "-A", "config", "worker"], REDIS_URL=redis_url)

    def server(self, kind: str, **env: str) -> Process:
        words = {"daphne": ["-b", "127.0.0.1", "-p"], "uvicorn": ["--host", "127.0.0.1", "--port"]}[kind]
        port = str(free_port())
        return self._start(["-m", kind, *words, port, "config.asgi:application"], PORT=port, **env)

    def _start(self, words: list[str], **env: str) -> Process:
        own = {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "DJANGO_SETTINGS_MODULE": "tests.jobs.fixture_app.settings",
            "DATABASE_URL": database(),
            "PARLOUR_VAR": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }
        log = self.folder / f"process-{len(self.processes)}.log"
        command = [sys.executable, *words]
        self.processes.append(Process(command, log, surroundings(**own | env), ROOT))
        return self.processes[-1]

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    def logs(self) -> str:
        return "\n".join(process.tail() for process in self.processes)
