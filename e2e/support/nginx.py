"""nginx with deploy/nginx.conf in front of one server."""

import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

from .deployments import ROOT
from .ports import free_port
from .processes import Process
from .servers import Server
from .waiting import eventually

AROUND = """daemon off; {user} pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def installed() -> bool:
    """Whether nginx and openssl are there, if need be after an attempt to install them."""
    names = ("nginx", "openssl")
    if not all(map(shutil.which, names)):
        subprocess.run([ROOT / "bin" / "need", *names], check=False, capture_output=True)
    return all(map(shutil.which, names))


class Nginx:
    """One nginx on https://localhost, with a certificate of its own; `changes` replace text of the configuration."""

    def __init__(self, folder: Path, server: Server, static: Path, **changes: str) -> None:
        folder.mkdir()
        self.folder, self.port, self.certificate = folder, free_port(), folder / "cert.pem"
        self.url = f"https://localhost:{self.port}"
        command = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        )
        files = ["-keyout", folder / "key.pem", "-out", self.certificate]
        subprocess.run([*command.split(), *files], check=True, capture_output=True)
        site = (ROOT / "deploy" / "nginx.conf").read_text()
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:443 ssl;": "",
            "chat.example.org": "localhost",
            "127.0.0.1:8000": f"127.0.0.1:{server.port}",
            "/etc/ssl/parlour/fullchain.pem": str(self.certificate),
            "/etc/ssl/parlour/privkey.pem": str(folder / "key.pem"),
            "/srv/parlour/var/static/": f"{static}/",
            "/var/log/nginx/parlour.log": str(folder / "access.log"),
            **changes,
        }.items():
            assert old in site, f"deploy/nginx.conf has no {old!r}"
            site = site.replace(old, new)
        user = "user root;" if os.geteuid() == 0 else ""  # the folders of the tests are closed to others
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(AROUND.format(user=user, folder=folder, site=site))

    def check(self) -> str:
        """What `nginx -t` says."""
        command = ["nginx", "-t", "-c", str(self.configuration)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        command = ["nginx", "-c", str(self.configuration)]
        self.process = Process(command, log=self.folder / "nginx.log")
        eventually(self._accepts, 10, "nginx accepts connections")

    def stop(self) -> None:
        self.process.end()

    def _accepts(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False
