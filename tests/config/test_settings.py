"""What the environment makes of the settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import origins, stores

ROOT = Path(__file__).resolve().parents[2]
SET = (
    "PARLOUR",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "HTTPS",
    "DEBUG",
    "DEMO",
    "HOST",
)


def manage(var, *words, **env):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SET)}
    command = [sys.executable, "manage.py", *words]
    env = {**kept, **env, "PARLOUR_VAR": str(var)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_deploy_passes_djangos_own_check(tmp_path):
    done = manage(tmp_path, "check", "--deploy", "--fail-level=DEBUG", HTTPS="1", ALLOWED_HOSTS="example.org")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_https_loads_no_demo(tmp_path):
    done = manage(tmp_path, "demo", HTTPS="1", DEMO="1", ALLOWED_HOSTS="example.org")
    assert done.returncode != 0
    assert "make run" in done.stderr


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path):
    first = stores.secret_key(tmp_path)
    assert len(first) >= 50
    assert stores.secret_key(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_sqlite_is_the_default(tmp_path):
    kept = stores.database("", tmp_path)
    assert (kept["ENGINE"], kept["NAME"]) == ("parlour.contrib.sqlite", tmp_path / "parlour.sqlite3")
    assert kept["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert stores.database("sqlite:////srv/x.sqlite3", tmp_path)["NAME"] == "/srv/x.sqlite3"


def test_postgresql_has_a_pool_and_keeps_no_connection(tmp_path):
    kept = stores.database("postgres://ann:pw@db:5433/house?sslmode=require", tmp_path)
    assert (kept["ENGINE"], kept["CONN_MAX_AGE"]) == ("django.db.backends.postgresql", 0)
    assert (kept["HOST"], kept["PORT"], kept["NAME"]) == ("db", 5433, "house")
    assert kept["OPTIONS"]["pool"]["max_size"] == 20
    assert kept["OPTIONS"]["sslmode"] == "require"


def test_redis_shards_over_all_that_are_named():
    assert "InMemory" in stores.channel_layer([])["BACKEND"]
    layer = stores.channel_layer(["redis://a", "redis://b"])
    assert [host["address"] for host in layer["CONFIG"]["hosts"]] == ["redis://a", "redis://b"]


def test_overrides_are_values(monkeypatch):
    for name, text in {"BEAT": "0.5", "SAY_RATE": "10/40", "DROP": "true", "VAR": "x"}.items():
        monkeypatch.setenv(f"HOUSE_{name}", text)
    assert stores.overrides("HOUSE_") == {"BEAT": 0.5, "SAY_RATE": "10/40", "DROP": True}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3"])
def test_loopback_is_known(host):
    assert origins.is_loopback(host)
    assert origins.own_hosts(host) == origins.LOOPBACK


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.0.2.1", "example.org"])
def test_elsewhere_is_not_loopback(host):
    assert not origins.is_loopback(host)


def test_addresses_can_be_opened():
    assert origins.url("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert origins.url("::1", 80) == "http://[::1]:80"
    assert "[2001:db8::1]" in origins.own_hosts("2001:db8::1")
