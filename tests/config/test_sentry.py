"""Errors reach the Sentry that is named, here a server of our own; nothing secret does."""

import gzip
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from e2e.support.processes import run, surroundings

START = """
import django, sys
django.setup()
"""
FAIL = """
import logging
import sentry_sdk
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from django.urls import path
from config import urls
from parlour import log_source

def broken(request):
    mine = "LOCAL-SECRET"
    raise ValueError("no such token=TEXT-SECRET")

urls.urlpatterns.append(path("broken", broken))
settings.MIDDLEWARE = []
headers = {"Authorization": "Bearer HEADER-SECRET", "Cookie": "sessionid=COOKIE-SECRET"}
headers["Referer"] = "/?q=REFERRER-SECRET"
request = RequestFactory().post("/broken?q=QUERY-SECRET", {"text": "BODY-SECRET"}, headers=headers)
log_source.set("request 5f2c81d0")
logging.getLogger("rooms").warning("GET /?ticket=CRUMB-SECRET")
get_wsgi_application()(request.environ | {"REMOTE_ADDR": "192.0.2.7"}, lambda *args: None)
log_source.set("socket 1")
logging.getLogger("parlour").error("a frame failed: %s", "password=LOG-SECRET")
logging.getLogger("django.security.SuspiciousFileOperation").error("no such place")
sentry_sdk.flush(10)
"""


class FakeSentry:
    """Takes envelopes; `events` are those in them."""

    def __init__(self):
        self.raw, self.events = "", []
        taken = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                taken.take(body.decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"

    def take(self, envelope):
        self.raw += envelope
        lines = envelope.splitlines()[1:]
        pairs = zip(lines[::2], lines[1::2], strict=False)
        self.events += [json.loads(text) for kind, text in pairs if json.loads(kind)["type"] == "event"]


@pytest.fixture
def sentry():
    sentry = FakeSentry()
    yield sentry
    sentry.server.shutdown()
    sentry.server.server_close()


def python(script, tmp_path, **env):
    env |= {"PYTHONPATH": os.environ["PYTHONPATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
    return run([sys.executable, "-c", START + script], surroundings(PARLOUR_VAR=str(tmp_path), **env))


def test_errors_arrive_with_their_release_and_source_and_without_secrets(sentry, tmp_path):
    python(FAIL, tmp_path, SENTRY_DSN=sentry.dsn, SENTRY_RELEASE="parlour@7")
    raised, logged = sorted(sentry.events, key=lambda event: "exception" not in event)
    assert raised["exception"]["values"][0]["type"] == "ValueError"
    assert raised["tags"]["request"] == "5f2c81d0"
    assert logged["logentry"]["message"].startswith("a frame failed")
    assert logged["tags"]["socket"] == "1"
    assert {raised["release"], logged["release"]} == {"parlour@7"}
    assert "SECRET" not in sentry.raw
    assert "192.0.2.7" not in sentry.raw
    assert "no such token=…" in json.dumps(raised, ensure_ascii=False), "the rest of it arrives"


def test_without_an_address_nothing_of_sentry_is_loaded(tmp_path):
    assert python("print('sentry_sdk' in sys.modules)", tmp_path, SENTRY_DSN="") == "False\n"
