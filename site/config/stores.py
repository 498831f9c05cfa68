"""Where things are kept: the database, the channel layer, the secret key, the engine's overrides."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

DATABASES = ("postgres://", "postgresql://", "sqlite://")
REDIS = ("redis://", "rediss://", "unix://")
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"


def secret_key(var: Path) -> str:
    """The key in `var`/secret_key, made at the first call. Two processes that start at once agree."""
    path = var / "secret_key"
    if not path.exists():
        handle, made = tempfile.mkstemp(dir=var)
        with os.fdopen(handle, "w") as file:
            file.write(get_random_secret_key())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(made)
    return path.read_text().strip()


def database(url: str, var: Path) -> dict[str, Any]:
    """Django's entry for `url`: PostgreSQL through a pool, or SQLite (in `var` when `url` is empty)."""
    if url and not url.startswith(DATABASES):
        raise ImproperlyConfigured(f"DATABASE_URL has to begin with {' or '.join(DATABASES)}")
    found: dict[str, Any] = dict(dj_database_url.parse(url)) if url else {"NAME": var / "parlour.sqlite3"}
    options = found.setdefault("OPTIONS", {})
    if found.get("ENGINE") == "django.db.backends.postgresql":
        options["pool"] = {"min_size": 2, "max_size": 20, "timeout": 10}
        return found | {"CONN_MAX_AGE": 0}
    options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS}
    test = {"NAME": str(var / "test.sqlite3")}
    return found | {"ENGINE": "parlour.contrib.sqlite", "CONN_MAX_AGE": None, "TEST": test}


def channel_layer(urls: list[str]) -> dict[str, Any]:
    """Django Channels' entry: Redis pub/sub sharded over `urls`, or memory when there are none."""
    if not urls:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if not all(url.startswith(REDIS) for url in urls):
        raise ImproperlyConfigured(f"each address in REDIS_URL has to begin with {' or '.join(REDIS)}")
    hosts = [{"address": url, "socket_timeout": 2, "socket_connect_timeout": 1} for url in urls]
    return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": hosts}}


def overrides(prefix: str) -> dict[str, Any]:
    """What the environment says under `prefix`: PARLOUR_BEAT=1 gives {"BEAT": 1}; numbers are numbers."""
    found = {name.removeprefix(prefix): text for name, text in os.environ.items() if name.startswith(prefix)}
    return {name: _value(text) for name, text in found.items() if name != "VAR"}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
