"""A deployment: the product prepared once (migrated, demo, static files) and copied for each story."""

import contextlib
import fcntl
import itertools
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from .postgres import Postgres
from .processes import Process, run, surroundings
from .servers import Server
from .waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
COLLECT = """
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
"""
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo")
"""


class Deployment:
    """One installation: a folder (`var`), a database, perhaps a Redis, and the servers opened on it."""

    def __init__(self, var: Path, database_url: str = "", redis_url: str = "", **settings: str) -> None:
        self.var = var
        self.database_url = database_url
        self.redis_url = redis_url
        self.settings = settings
        self.servers: list[Server] = []
        self._commands = itertools.count(1)

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of this deployment; nothing of the caller's own settings leaks in."""
        env = {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "PARLOUR_VAR": str(self.var),
            "HOST": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "e2e.support.settings",
            "PYTHONUNBUFFERED": "1",
            "DEMO": "1",
            "PARLOUR_DRAIN": "0.5",
            "SECRET_KEY": "a key that every story has and nobody else " * 2,
        }
        if self.database_url:
            env["DATABASE_URL"] = self.database_url
        if self.redis_url:
            env["REDIS_URL"] = self.redis_url
        return surroundings(**env | self.settings)

    def start_server(self, kind: str = "daphne", **more: str) -> Server:
        """Start "daphne" or "uvicorn" and wait until it answers; `more` are settings for it alone."""
        log = self.var / f"server-{len(self.servers)}.log"
        server = Server(kind, ROOT, self.env | more, log)
        self.servers.append(server)
        server.start()
        return server

    def manage(self, *words: str) -> str:
        """Run manage.py in the foreground; return what it printed. Raises AssertionError when it fails."""
        return run([sys.executable, "manage.py", *words], self.env, ROOT)

    def command(self, script: str) -> Process:
        """Run Python `script` in a Django shell beside the servers, as a cron job would."""
        log = self.var / f"command-{next(self._commands)}.log"
        return Process([sys.executable, "manage.py", "shell", "-c", script], log=log, env=self.env, cwd=ROOT)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database past the product; `%s` stands for a value on both kinds of database."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query, values or None).fetchall()
        with contextlib.closing(sqlite3.connect(self.var / "parlour.sqlite3", timeout=10)) as file:
            return file.execute(query.replace("%s", "?"), values).fetchall()

    def write(self, statement: str) -> None:
        """Change the database past the product."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                connection.execute(statement.encode())
        else:
            with contextlib.closing(sqlite3.connect(self.var / "parlour.sqlite3", timeout=10)) as file, file:
                file.execute(statement)

    @contextlib.contextmanager
    def orders_held(self) -> Iterator[None]:
        """An import that has begun stands still meanwhile, for no order is written."""
        begun = "SELECT done FROM parlour_jobs_job WHERE state = 'running' AND done > 0"
        eventually(lambda: self.rows(begun), 20, "an import under way")
        with contextlib.ExitStack() as held:
            if self.database_url:
                connection = held.enter_context(psycopg.connect(self.database_url))
                connection.execute("LOCK TABLE shop_order IN EXCLUSIVE MODE")
            else:  # the queue of all writers; closing the file leaves it
                fcntl.flock(held.enter_context((self.var / "parlour.sqlite3.lock").open()), fcntl.LOCK_EX)
            yield

    def close(self) -> None:
        """Kill what still runs."""
        for server in self.servers:
            server.kill()


class Builder:
    """Prepares each kind of deployment once and hands out copies; all workers of a run share `template`."""

    def __init__(self, folder: Path, template: Path | None = None) -> None:
        self.folder = folder
        self.template = template or folder / "template"
        self.postgres: Postgres | None = None
        self._open: list[Deployment] = []
        self._numbers = itertools.count(1)
        self._database = ""

    def deploy(self, postgres: bool = False, redis_url: str = "", **settings: str) -> Deployment:
        """A fresh deployment, SQLite by default."""
        var = self.folder / f"deployment-{next(self._numbers)}"
        shutil.copytree(self._prepared(), var)
        deployment = Deployment(var, self._fresh_database() if postgres else "", redis_url, **settings)
        self._open.append(deployment)
        return deployment

    def shut_down(self, deployment: Deployment) -> None:
        """End a deployment's servers."""
        deployment.close()
        self._open.remove(deployment)

    def logs(self) -> str:
        """The end of every running server's output, for the report of a failure."""
        servers = [server for deployment in self._open for server in deployment.servers]
        return "\n".join(f"--- {each.kind} on {each.port}\n{each.process.tail()}" for each in servers)

    def close(self) -> None:
        if self.postgres:
            self.postgres.remove()

    def _prepared(self) -> Path:
        self.template.parent.mkdir(parents=True, exist_ok=True)
        with self.template.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.template.exists():
                making = self.template.with_suffix(".making")
                making.mkdir()
                Deployment(making).manage("shell", "-v0", "-c", COLLECT + PREPARE)
                making.rename(self.template)
        return self.template

    def _fresh_database(self) -> str:
        if self.postgres is None:
            self.postgres = Postgres()
            self._database = self.postgres.create()
            template = Deployment(self._prepared(), self.postgres.url(self._database))
            template.manage("shell", "-v0", "-c", PREPARE)
        return self.postgres.url(self.postgres.create(self._database))
