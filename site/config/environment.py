"""Settings made from environment variables: hosts, database, channel layer, secret key, the engine's own settings."""

import ipaddress
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

ANY_HOST = ("", "0.0.0.0", "::", "[::]")  # noqa: S104  named, not listened on
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"


def is_loopback(host: str) -> bool:
    """True when `host` (a name or an address, brackets allowed) is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def default_hosts(host: str) -> list[str]:
    """ALLOWED_HOSTS when none are named: loopback, the machine's name and `host`."""
    if is_loopback(host):
        return LOOPBACK
    return [*LOOPBACK, socket.gethostname()] + ([] if host in ANY_HOST else [_bracketed(host)])


def url(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on `host`, without a slash at the end."""
    return f"http://{'127.0.0.1' if host in ANY_HOST else _bracketed(host)}:{port}"


def secret_key(var: Path) -> str:
    """The key in `var`/secret_key, made at the first call. Two processes that start at once agree."""
    path = var / "secret_key"
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=var)
        with os.fdopen(handle, "w") as file:
            file.write(get_random_secret_key())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(temporary)
    return path.read_text().strip()


def database(url: str, var: Path, password: str = "") -> dict[str, Any]:
    """Django's entry for `url`: PostgreSQL through a pool, or SQLite (in `var` when `url` is empty)."""
    if url and not url.startswith(DATABASE_SCHEMES):
        raise ImproperlyConfigured(f"DATABASE_URL has to begin with {' or '.join(DATABASE_SCHEMES)}")
    entry: dict[str, Any] = dict(dj_database_url.parse(url)) if url else {"NAME": var / "parlour.sqlite3"}
    options = entry.setdefault("OPTIONS", {})
    if entry.get("ENGINE") == "django.db.backends.postgresql":
        options["pool"] = {"min_size": 2, "max_size": 20, "timeout": 10}
        entry |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
        return entry | ({"PASSWORD": password} if password else {})
    options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS}
    test = {"NAME": str(var / "test.sqlite3")}
    return entry | {"ENGINE": "parlour.contrib.sqlite", "CONN_MAX_AGE": None, "TEST": test}


def with_password(urls: list[str], password: str) -> list[str]:
    """The addresses of Redis with the password in those that name nobody."""
    here = f"://:{quote(password, safe='')}@"
    return [url if "@" in url or not password else url.replace("://", here, 1) for url in urls]


def channel_layer(urls: list[str]) -> dict[str, Any]:
    """Django Channels' entry: Redis pub/sub sharded over `urls`, or memory when there are none."""
    if not urls:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if not all(url.startswith(REDIS_SCHEMES) for url in urls):
        raise ImproperlyConfigured(f"each address in REDIS_URL has to begin with {' or '.join(REDIS_SCHEMES)}")
    hosts = [{"address": url, "socket_timeout": 2, "socket_connect_timeout": 1} for url in urls]
    return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": hosts}}


def overrides(prefix: str) -> dict[str, Any]:
    """The variables under `prefix`: PARLOUR_BEAT=1 gives {"BEAT": 1}; numbers are numbers."""
    texts = {name.removeprefix(prefix): text for name, text in os.environ.items() if name.startswith(prefix)}
    return {name: _value(text) for name, text in texts.items() if name != "VAR"}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
