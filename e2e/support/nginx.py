"""nginx with deploy/nginx.conf in front of servers."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

from .deployments import ROOT
from .ports import free_port
from .processes import Process
from .servers import Server
from .waiting import eventually

CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
)


def installed() -> bool:
    """Whether nginx and openssl are there, if need be after an attempt to install them."""
    names = ("nginx", "openssl")
    if not all(map(shutil.which, names)):
        subprocess.run([ROOT / "bin" / "need", *names], check=False, capture_output=True)
    return all(map(shutil.which, names))


def make_certificate(folder: Path) -> None:
    """A certificate for localhost, that nobody else trusts: fullchain.pem and privkey.pem."""
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run([*CERTIFICATE.split(), *files], check=True, capture_output=True)


def write_configuration(folder: Path, variables: Mapping[str, str], **changes: str) -> Path:
    """The configuration as the container has it, with these variables; `changes` replace text. Returns its path."""
    site = Template((ROOT / "deploy" / "nginx.conf").read_text()).safe_substitute(variables)
    for old, new in changes.items():
        assert old in site, f"deploy/nginx.conf has no {old!r}"
        site = site.replace(old, new)
    assert "${" not in site, site
    (folder / "conf.d").mkdir()
    (folder / "conf.d" / "parlour.conf").write_text(site)
    return Path(shutil.copy(ROOT / "deploy" / "nginx-main.conf", folder / "nginx.conf"))


class Nginx:
    """One nginx on https://localhost, with a certificate of its own; `changes` replace text of the configuration."""

    def __init__(self, folder: Path, static: Path, *servers: Server, **changes: str) -> None:
        folder.mkdir()
        self.folder, self.port, self.certificate = folder, free_port(), folder / "fullchain.pem"
        self.url = f"https://localhost:{self.port}"
        make_certificate(folder)
        variables = {
            "SERVER_NAME": "localhost",
            "LISTEN_HTTP": f"listen 127.0.0.1:{free_port()};",
            "LISTEN_HTTPS": f"listen 127.0.0.1:{self.port} ssl;",
            "UPSTREAM_SERVERS": " ".join(f"server 127.0.0.1:{server.port} fail_timeout=1s;" for server in servers),
            "CERTIFICATE": f"{self.certificate}",
            "CERTIFICATE_KEY": f"{folder}/privkey.pem",
            "ACME_ROOT": f"{folder}/acme",
            "STATIC_ROOT": f"{static}/",
            "ACCESS_LOG": f"{folder}/access.log",
            "ERROR_LOG": f"{folder}/error.log",
        }
        configuration = write_configuration(folder, variables, **changes)
        user = " user root;" if os.geteuid() == 0 else ""  # the folders of the tests are closed to others
        self._command = ["nginx", "-p", f"{folder}/", "-c", str(configuration), "-g", f"daemon off;{user}"]

    def check(self) -> str:
        """What `nginx -t` says."""
        return subprocess.run([*self._command, "-t"], check=False, capture_output=True, text=True).stderr

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.process = Process(self._command, log=self.folder / "nginx.log")
        eventually(self._accepts, 10, "nginx accepts connections")

    def stop(self) -> None:
        self.process.end()

    def _accepts(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False
