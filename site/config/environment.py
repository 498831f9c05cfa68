"""Settings made from environment variables: hosts, database, channel layer, secret key, the engine's own settings."""

import ipaddress
import os
import re
import socket
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import available_timezones

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environs import Env, ValidationError, validate

from parlour.conf import Conf

ANY_HOST = ("", "0.0.0.0", "::", "[::]")  # noqa: S104  named, not listened on
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
RATE: validate.Validator = validate.Regexp(r"\d+(\.\d+)?/[1-9]\d*\Z", error="a rate is per second/at once: 10/40")
ZONE: validate.Validator = validate.OneOf(available_timezones(), error="no such time zone; Europe/Berlin is one")
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


def site_url(host: str, port: int, https: bool, hosts: list[str]) -> str:
    """The site's address where SITE_URL does not say it: with `https` the first of ALLOWED_HOSTS; "": not known."""
    if not https:
        return url(host, port) if is_loopback(host) else ""
    return f"https://{hosts[0]}" if hosts and not hosts[0].startswith((".", "*")) else ""


def sender(site: str) -> str:
    """From whom mail comes where DEFAULT_FROM_EMAIL does not say it."""
    return f"Parlour <noreply@{urlsplit(site).hostname or 'localhost'}>"


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
        options["pool"] = {"min_size": 2, "max_size": 34, "timeout": 10}  # 24 threads of pages, 6 of the engine, others
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


def counts(urls: list[str]) -> dict[str, Any]:
    """The cache that counts for all processes: in the first Redis, or in memory when there is none."""
    if not urls:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    patience = {"socket_timeout": 1, "socket_connect_timeout": 1}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": urls[0], "OPTIONS": patience}


def refuse_unsafe(env: Env, public: bool, demo: bool) -> None:
    """Raise ImproperlyConfigured where others than the host's own people are served (`public`) in an unsafe way.

    The demo may have a key of its own making and the names it guesses; nobody may have DEBUG, or processes that do not
    hear each other.
    """
    if public and env.bool("DEBUG", False):
        raise ImproperlyConfigured("DEBUG shows settings and code to all: leave it out with HTTPS=1 or a public HOST.")
    for name in ("SECRET_KEY", "ALLOWED_HOSTS"):
        if public and not demo and not env.str(name, ""):
            raise ImproperlyConfigured(f"{name} has to be set with HTTPS=1 or a public HOST; the README says to what.")
    words = " ".join(sys.argv).replace("=", " ").split()
    flag = words[words.index("--workers") + 1 :][:1] if "--workers" in words else []
    several = any(each.isdigit() and int(each) > 1 for each in [env.str("WEB_CONCURRENCY", ""), *flag])
    if several and not env.list("REDIS_URL", []):
        raise ImproperlyConfigured("REDIS_URL has to be set for several processes (WEB_CONCURRENCY, --workers).")


def engine(env: Env) -> dict[str, Any]:
    """The engine's settings by their variables: PARLOUR_BEAT=1 gives {"BEAT": 1.0}."""
    kinds = {f"PARLOUR_{field.name}": field for field in fields(Conf)}
    known = {"PARLOUR_VAR", *kinds, *(f"{name}_FILE" for name in kinds)}
    if unknown := sorted(name for name in os.environ if name.startswith("PARLOUR_") and name not in known):
        raise ImproperlyConfigured(f"There is no {', '.join(unknown)}; there are {', '.join(kinds)} and PARLOUR_VAR.")
    chosen: dict[str, Any] = {}
    for name, field in kinds.items():
        if name in os.environ or f"{name}_FILE" in os.environ:
            rules = {"FRAME_RATE": RATE, "HTMX": validate.OneOf(("ours", "host"))}
            rule = rules.get(field.name, validate.Range(0))
            chosen[field.name] = getattr(env, type(field.default).__name__)(name, validate=rule)
    return chosen


def are_origins(urls: list[str]) -> None:
    """Raise ValidationError unless each begins with its scheme."""
    if not all(url.startswith(("https://", "http://")) for url in urls):
        raise ValidationError("each has to begin with https:// or http://")


def are_hosts(names: list[str]) -> None:
    """Raise ValidationError unless each is a bare name or IP address, as `urlsplit` would give it."""
    if not all(re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", name) for name in names):
        raise ValidationError("each is the name or the IP address of a host, in small letters: receiver.example")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
