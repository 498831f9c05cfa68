"""`make stack`: all that deploy/compose.yml starts, on loopback and without containers.

Commands, environment and health checks are those of compose.yml and of the Dockerfile, with the ports, hosts and
folders of this machine in the place of theirs. A third web process is daphne.
"""

import itertools
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .deployments import ROOT
from .nginx import installed, make_certificate, write_configuration
from .ports import free_port
from .postgres import Postgres
from .processes import Process, run, surroundings
from .waiting import eventually

DEPLOY = ROOT / "deploy"
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?[^}]*\}")
VARIABLES = {"SERVER_NAME": "localhost"}  # of .env
WEB = ("web-1", "web-2", "web-3")
ELSEWHERE = {
    "proxy_http_version 1.1;": "proxy_http_version 1.1; proxy_bind 127.0.0.9;"
}  # than the servers, as nginx is
START_TIMEOUT = 60  # seconds for one service
STOP_TIMEOUT = 30  # stop_grace_period


def words_of(dockerfile: str, instruction: str) -> list[str]:
    """What follows an instruction of the Dockerfile, each time it stands there."""
    lines = dockerfile.replace("\\\n", " ").splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{instruction} ")]


class Stack:
    """One stack in a folder of its own, on https://localhost."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="parlour-stack-"))
        self.services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
        self.services["web-3"] = {**self.services["web-2"]}
        self.dockerfile = (DEPLOY / "Dockerfile").read_text()
        names = ("http", "https", "redis", *WEB)
        self.ports = {name: free_port() for name in names}
        self.processes: dict[str, Process] = {}
        self.ran: list[Any] = []  # as they stand in compose.yml and the Dockerfile
        self.postgres: Postgres | None = None
        self._numbers = itertools.count(1)
        for name in ("secrets", "tls", "acme", "backups", "var", "logs", "nginx"):
            (self.folder / name).mkdir()
        for secret in ("secret_key", "database_password", "redis_password"):
            (self.folder / "secrets" / secret).write_text(secrets.token_hex(32))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.ports['https']}"

    @property
    def certificate(self) -> Path:
        return self.folder / "tls" / "fullchain.pem"

    @cached_property
    def _here(self) -> dict[str, str]:
        """What stands in the files, and what is in its place on this machine."""
        assert self.postgres
        web = {name: f"server 127.0.0.1:{self.ports[name]}" for name in WEB}
        return {
            "server web-1:8000 resolve": web["web-1"],
            "server web-2:8000 resolve": f"{web['web-3']} fail_timeout=1s; {web['web-2']}",
            "listen 8080": f"listen 127.0.0.1:{self.ports['http']}",
            "listen 8443": f"listen 127.0.0.1:{self.ports['https']}",
            "8443": str(self.ports["https"]),
            "db:5432": f"127.0.0.1:{self.postgres.port}",
            "5432": str(self.postgres.port),
            "redis:6379": f"127.0.0.1:{self.ports['redis']}",
            "6379": str(self.ports["redis"]),
            "0.0.0.0": "127.0.0.1",
            "/run": str(self.folder),
            "/srv/backups": f"{self.folder}/backups",
            "/srv/parlour/var": f"{self.folder}/var",
            "/srv/parlour": str(ROOT),
            "/opt/venv/bin": str(Path(sys.executable).parent),
            "$PATH": os.environ["PATH"],
        }

    def local(self, text: str) -> str:
        """A word of the files as it is on this machine, with the variables that Compose fills in."""
        text = VARIABLE.sub(lambda match: VARIABLES.get(match[1], match[2] or ""), text).replace("$$", "$")
        return re.sub("|".join(map(re.escape, self._here)), lambda match: self._here[match[0]], text)

    def env(self, name: str) -> dict[str, str]:
        """The environment of a service."""
        service = self.services[name]
        image = words_of(self.dockerfile, "ENV")[-1].split() if service["image"].startswith("parlour-site") else []
        pairs = [pair.split("=", 1) for pair in image] + [*service.get("environment", {}).items()]
        own = surroundings(**{key: self.local(value) for key, value in pairs})
        if name in WEB:
            own["PORT"] = str(self.ports[name])
        return own | ({"SERVER": "daphne"} if name == "web-3" else {})

    def run(self, name: str, command: str | Sequence[str]) -> str:
        """Run a command in the environment of a service; what it printed. Raises AssertionError when it fails."""
        words = ["sh", "-c", command] if isinstance(command, str) else command
        self.ran.append(command)
        return run([*map(self.local, words)], self.env(name), ROOT)

    def run_service(self, name: str) -> str:
        """Run what a service of one command does, as `docker compose run` would."""
        return self.run(name, self.services[name]["command"])

    def start_services(self, *names: str) -> None:
        """Start these services, also again, and wait until their health checks say yes."""
        for name in names:
            self._start(name)
        for name in names:
            self.wait_for(name)

    def _start(self, name: str) -> None:
        command = self.services[name]["command"]
        self.ran.append(command)
        words = [*map(self.local, command)]
        if name == "nginx":
            here = self.folder / "nginx"
            user = " user root;" if os.geteuid() == 0 else ""  # nginx would give its processes to one who sees nothing
            words = ["nginx", "-p", f"{here}/", *words[3:-1], f"{words[-1]}{user}", "-c", f"{here}/nginx.conf"]
        log = self.folder / "logs" / f"{name}.log"
        self.processes[name] = Process(words, log, self.env(name), ROOT)

    def wait_for(self, name: str) -> None:
        """Until the health check of a service says yes; it is compose.yml's, or else that of the image."""
        service = self.services[name]
        check = service.get("healthcheck", {})
        if check.get("disable"):
            return
        test = check.get("test") or yaml.safe_load(words_of(self.dockerfile, "HEALTHCHECK")[0].partition("CMD ")[2])
        command = test[1] if test[0] == "CMD-SHELL" else test[test[0] == "CMD" :]
        eventually(lambda: self.run(name, command) is not None, START_TIMEOUT, f"{name} is healthy")

    def start(self) -> None:
        """Start all of it in the order in which each needs the others."""
        assert installed(), "nginx and openssl are not installed"
        self._start_database()
        self.start_services("redis")
        for command in words_of(self.dockerfile, "RUN"):
            if "manage.py" in command:
                self.run("migrate", command)
        self.run_service("migrate")
        self.start_services(*WEB, "worker")
        make_certificate(self.folder / "tls")
        variables = {key: self.local(value) for key, value in self.services["nginx"]["environment"].items()}
        write_configuration(self.folder / "nginx", variables, **ELSEWHERE)
        self.start_services("nginx")

    def _start_database(self) -> None:
        command = self.services["db"]["command"]
        self.ran.append(command)
        password = (self.folder / "secrets" / "database_password").read_text()
        self.postgres = Postgres("parlour", password, command[1:])
        self.postgres.execute("CREATE DATABASE parlour")
        self.wait_for("db")

    def stop(self) -> None:
        """End all that was started, and delete all it wrote."""
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda process: process.end(within=STOP_TIMEOUT), self.processes.values()))
        finally:
            for process in self.processes.values():
                process.kill()
            if self.postgres:
                self.postgres.remove()
            shutil.rmtree(self.folder, ignore_errors=True)


def main() -> None:
    """Start a stack with one superuser, say where it is, and keep it until Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    stack = Stack()
    try:
        stack.start()
        password = secrets.token_urlsafe(9)
        people = "from accounts.models import User; User.objects.create_superuser"
        stack.run("web-1", ["python", "manage.py", "shell", "-c", f"{people}('staff', password='{password}')"])
        print(f"The stack is open at {stack.url}/ with a certificate that only it trusts; sign in as staff, {password}")
        print(f"Logs: {stack.folder}/logs\nCtrl-C closes it.", flush=True)
        ended.wait()
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
