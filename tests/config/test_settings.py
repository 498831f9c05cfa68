"""What the environment makes of the settings."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

from config import environment

ROOT = Path(__file__).resolve().parents[2]
SET = ("PARLOUR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "HTTPS", "DEBUG", "DEMO", "HOST")
FILES = ("settings.py", "environment.py")
NAMED = {"ALLOWED_HOSTS": "example.org", "SECRET_KEY": "a key of many words " * 3}
DEPLOYED = """
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("check", deploy=True, fail_level="DEBUG")
print("demo:", settings.DEMO)
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
answer = SecurityMiddleware(lambda request: HttpResponse())(RequestFactory().get("/", secure=True))
print("sts:", answer["Strict-Transport-Security"])
"""


def settings_made_by(var, script, **chosen):
    """The end of a Python script in a process with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SET)}
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'site'}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    env = kept | paths | {"PARLOUR_VAR": str(var)} | chosen
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60)


def read_settings(monkeypatch, var, **chosen):
    """The settings with these variables and no others of ours."""
    for name in [name for name in os.environ if name.startswith(SET)]:
        monkeypatch.delenv(name)
    for name, text in {"PARLOUR_VAR": str(var), **chosen}.items():
        monkeypatch.setenv(name, text)
    return runpy.run_path(str(ROOT / "site" / "config" / "settings.py"))


@pytest.mark.parametrize(
    ("chosen", "header"),
    [
        ({}, "max-age=3600"),
        ({"HSTS_SUBDOMAINS": "1", "HSTS_SECONDS": "60"}, "max-age=60; includeSubDomains"),
        ({"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}, "max-age=3600; includeSubDomains; preload"),
    ],
)
def test_a_deploy_passes_djangos_own_check_has_no_demo_and_binds_no_other_host_unless_told(tmp_path, chosen, header):
    production = {"HTTPS": "1", "DEMO": "1", "REDIS_URL": "redis://127.0.0.1", **NAMED}
    done = settings_made_by(tmp_path, DEPLOYED, **production, **chosen)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    assert "demo: False" in done.stdout
    assert f"sts: {header}\n" in done.stdout


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path):
    first = environment.secret_key(tmp_path)
    assert len(first) >= 50
    assert environment.secret_key(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_sqlite_is_the_default(tmp_path):
    entry = environment.database("", tmp_path)
    assert (entry["ENGINE"], entry["NAME"]) == ("parlour.contrib.sqlite", tmp_path / "parlour.sqlite3")
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert environment.database("sqlite:////srv/x.sqlite3", tmp_path)["NAME"] == "/srv/x.sqlite3"


def test_postgresql_has_a_pool_and_keeps_no_connection(tmp_path):
    entry = environment.database("postgres://ann:pw@db:5433/parlour?sslmode=require", tmp_path)
    assert (entry["ENGINE"], entry["CONN_MAX_AGE"]) == ("django.db.backends.postgresql", 0)
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db", 5433, "parlour")
    assert entry["OPTIONS"]["pool"]["max_size"] == 34
    assert entry["OPTIONS"]["sslmode"] == "require"


def test_passwords_come_from_files_too_and_stand_in_no_address(tmp_path):
    for name, text in {"DATABASE_PASSWORD": "p@ss/w", "REDIS_PASSWORD": "s:cr/t", "SECRET_KEY": "k" * 50}.items():
        (tmp_path / name).write_text(f"{text}\n")
    files = {f"{path.name}_FILE": str(path) for path in tmp_path.iterdir()}
    addresses = {"DATABASE_URL": "postgres://ann@db/parlour", "REDIS_URL": "redis://here,redis://:own@there"}
    script = "from config.settings import *; print(DATABASES['default']['PASSWORD'], *REDIS_URLS, SECRET_KEY)"
    done = settings_made_by(tmp_path, script, **files, **addresses)
    assert done.stdout.split() == ["p@ss/w", "redis://:s%3Acr%2Ft@here", "redis://:own@there", "k" * 50]
    absent = settings_made_by(tmp_path, script, SECRET_KEY_FILE=str(tmp_path / "absent"))
    assert "SECRET_KEY_FILE must be a readable file" in absent.stderr


def test_an_address_of_another_kind_is_refused(tmp_path):
    for url in ("127.0.0.1:6379", "parlour", "mysql://ann@db/parlour"):
        with pytest.raises(ImproperlyConfigured, match="each address in REDIS_URL has to begin with redis://"):
            environment.channel_layer(["redis://a", url])
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL has to begin with postgres://"):
            environment.database(url, tmp_path)


@pytest.mark.parametrize("name", ["PARLOUR_BEAT", "PARLOUR_BEAT_FILE"])
def test_variables_of_the_engine_are_values(monkeypatch, tmp_path, name):
    (tmp_path / "beat").write_text("0.5\n")
    monkeypatch.setenv("PARLOUR_VAR", "x")
    monkeypatch.setenv("PARLOUR_FRAME_RATE", "5/10")
    monkeypatch.setenv(name, str(tmp_path / "beat") if name.endswith("FILE") else "0.5")
    assert environment.engine(FileAwareEnv(strip_whitespace=True)) == {"BEAT": 0.5, "FRAME_RATE": "5/10"}


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"PARLOUR_TIKC": "3"}, "There is no PARLOUR_TIKC; there are PARLOUR_BEAT, PARLOUR_TICK"),
        ({"PARLOUR_BEAT": "soon"}, '"PARLOUR_BEAT" invalid: Not a valid number'),
        ({"PARLOUR_BEAT": "-1"}, '"PARLOUR_BEAT" invalid: [\'Must be greater than or equal to 0'),
        ({"PARLOUR_FRAME_RATE": "50"}, '"PARLOUR_FRAME_RATE" invalid: [\'a rate is per second/at once: 10/40'),
        ({"PARLOUR_HTMX": "mine"}, '"PARLOUR_HTMX" invalid: [\'Must be one of: ours, host'),
        ({"ROOMS_POST_RATE": "many"}, '"ROOMS_POST_RATE" invalid: [\'a rate is per second/at once: 10/40'),
        ({"TIME_ZONE": "Mars/Here"}, '"TIME_ZONE" invalid: [\'no such time zone; Europe/Berlin is one'),
        ({"PORT": "0"}, '"PORT" invalid: [\'Must be greater than or equal to 1'),
        ({"JOB_THREADS": "0"}, '"JOB_THREADS" invalid: [\'Must be greater than or equal to 1'),
        ({"HTTPS": "perhaps"}, '"HTTPS" invalid: Not a valid boolean'),
        (
            {"HTTPS": "1", **NAMED, "HSTS_SECONDS": "-1"},
            '"HSTS_SECONDS" invalid: [\'Must be greater than or equal to 0',
        ),
        ({"LOG_LEVEL": "LOUD"}, '"LOG_LEVEL" invalid: Not a valid log level'),
        ({"WEBHOOK_HOSTS_ALLOWED": "127.0.0.1, http://a.example"}, '"WEBHOOK_HOSTS_ALLOWED" invalid: ['),
        ({"CSRF_TRUSTED_ORIGINS": "example.org"}, '"CSRF_TRUSTED_ORIGINS" invalid: [\'each has to begin with https://'),
        ({"HTTPS": "1", **NAMED, "SECRET_KEY": ""}, "SECRET_KEY has to be set with HTTPS=1 or a public HOST"),
        ({"HTTPS": "1", **NAMED, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS has to be set with HTTPS=1 or a public HOST"),
        ({"HTTPS": "1", **NAMED, "DEBUG": "1"}, "DEBUG shows settings and code to all"),
        ({"HOST": "0.0.0.0"}, "SECRET_KEY has to be set with HTTPS=1 or a public HOST"),
        ({"HOST": "0.0.0.0", "DEMO": "1", "DEBUG": "1"}, "DEBUG shows settings"),
        ({"WEB_CONCURRENCY": "2"}, "REDIS_URL has to be set for several processes"),
    ],
)
def test_what_is_wrong_or_unsafe_ends_the_start_and_names_its_variable(monkeypatch, tmp_path, chosen, words):
    with pytest.raises((ImproperlyConfigured, ValueError)) as error:
        read_settings(monkeypatch, tmp_path, **chosen)
    assert words in str(error.value)


@pytest.mark.parametrize("chosen", [{}, {"HOST": "0.0.0.0", "DEMO": "1"}, {"HTTPS": "1", **NAMED}])
def test_a_trial_a_demo_and_what_is_named_start(monkeypatch, tmp_path, chosen):
    assert read_settings(monkeypatch, tmp_path, **chosen)["SECRET_KEY"]


def test_several_workers_of_one_server_need_redis(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    for words in (["--workers", "2"], ["--workers=2"]):
        monkeypatch.setattr(sys, "argv", ["uvicorn", *words])
        with pytest.raises(ImproperlyConfigured, match="REDIS_URL has to be set"):
            environment.refuse_unsafe(FileAwareEnv(), public=False, demo=False)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1")
    environment.refuse_unsafe(FileAwareEnv(), public=False, demo=False)


def test_the_readme_tells_of_every_variable():
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', "".join((ROOT / "site" / "config" / f).read_text() for f in FILES))
    assert [name for name in read if f"`{name}`" not in (ROOT / "README.md").read_text()] == []


def test_nginx_lets_through_what_the_settings_allow(settings):
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    limits = dict(re.findall(r"\n    (?:location ~ \^(\S+)\$ [^}]*|)client_max_body_size (\d+)m;", nginx))
    small = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    large = {path: str((limit + small) >> 20) for path, limit in settings.UPLOAD_LIMITS.items()}
    assert limits == {"": str(small >> 20), **large}
