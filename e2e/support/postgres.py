"""A real PostgreSQL on a loopback port of its own, and fresh databases in it."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from .ports import free_port
from .processes import Process
from .waiting import eventually

FOR_TESTS = ["-cfsync=off", "-cfull_page_writes=off", "-csynchronous_commit=off", "-cmax_connections=80"]


def _binary(name: str) -> str:
    """Debian keeps the server's programs out of PATH; the newest version wins."""
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    found = shutil.which(name) or max(map(str, installed), default=None)
    assert found, f"{name} of PostgreSQL is not installed"
    return found


class Postgres:
    """One cluster in a folder of its own; refuses to run as root, so root lends it the user `postgres`."""

    def __init__(self, owner: str = "stories", password: str = "", options: Sequence[str] = FOR_TESTS) -> None:
        """With a `password` nobody gets in without it; `options` are words for the command line of postgres."""
        self._owner = f"{owner}:{password}" if password else owner
        self._options = options
        self.folder = Path(tempfile.mkdtemp(prefix="stories-postgres-"))
        self.port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._numbers = itertools.count(1)
        file = self.folder / "password"
        file.write_text(password)
        for path in (self.folder, file) if self._user else ():
            shutil.chown(path, self._user)
        auth = ["--auth=scram-sha-256", f"--pwfile={file}"] if password else ["--auth=trust"]
        flags = ["-U", owner, *auth, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = [_binary("initdb"), "-D", str(self.folder / "data"), *flags]
        subprocess.run(command, user=self._user, check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        flags = ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder), *self._options]
        command = [_binary("postgres"), "-D", str(self.folder / "data"), *flags]
        self.process = Process(command, log=self.folder / "postgres.log", user=self._user, cwd=Path("/"))
        eventually(self._answers, 20, "PostgreSQL answers")

    def url(self, database: str) -> str:
        """The address for DATABASE_URL."""
        return f"postgresql://{self._owner}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str | None = None) -> str:
        """Create a database, empty or a copy of `template` (to which nobody may be connected)."""
        name = f"{'copy' if template else 'fresh'}_{next(self._numbers)}"
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(words.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return name

    def remove(self) -> None:
        """Stop the server and delete all it held."""
        self.process.end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
