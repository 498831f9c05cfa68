"""One line an error, what it belongs to, and no secrets in it."""

import json
import logging

import pytest

from config.logs import formatter, redact
from parlour import log_source


def line_of(message, *values, error=None, form="text", level=logging.ERROR):
    record = logging.LogRecord("rooms", level, __file__, 1, message, values, None)
    if error:
        record.exc_info = (type(error), error, error.__traceback__)
    return formatter(form).format(record)


@pytest.fixture
def failure():
    def listen():
        raise ValueError("two\nlines")

    with pytest.raises(ValueError) as caught:
        listen()
    return caught.value


@pytest.fixture
def source():
    """What the running code works for."""
    before = log_source.set("socket 5f2c81d0")
    yield
    log_source.reset(before)


def test_an_error_is_one_line_that_says_where(failure):
    line = line_of("could not %s", "listen", error=failure)
    assert "\n" not in line
    assert " ERROR rooms: could not listen | ValueError: two lines at config/test_logs.py:" in line
    assert "listen <" in line
    with pytest.raises(ValueError) as caught:
        int("x")  # outside: its last frame is ours
    assert "| ValueError: invalid literal" in line_of("no", error=caught.value)


def test_as_json_a_line_has_the_same_in_fields(failure, source):
    line = line_of("could not %s", "listen: token=SECRET ünd", error=failure, form="json")
    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("timestamp").endswith("Z")
    assert fields.pop("at").startswith("config/test_logs.py:")
    assert fields == {
        "event": "could not listen: token=… ünd",
        "level": "error",
        "logger": "rooms",
        "error": "ValueError: two lines",
        "socket": "5f2c81d0",
    }


def test_a_line_names_its_socket_request_or_job_and_the_engines_own_names_none(source):
    assert line_of("hello").endswith("ERROR rooms: hello [socket 5f2c81d0]")
    assert line_of("x" * 9000).endswith("x [socket 5f2c81d0]")
    log_source.set("")
    assert line_of("hello").endswith("ERROR rooms: hello")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_terminal_would_obey_and_what_would_begin_a_new_line_is_taken_out(form):
    line = line_of("a\x1b[31m\nb\u202ec\u2028d\x07", form=form)
    assert "a?[31m b?c d?" in line


SECRETS = ["Authorization: Bearer SECRET", "Authorization: Basic SECRET", "GET /embed/?token=SECRET&x=1"]
SECRETS += ["{'sessionid': 'SECRET'}", "csrfmiddlewaretoken=SECRET", "ticket=SECRET", '"password": "SECRET"']
SECRETS += ["GET /embed/x/?identity=SECRET"]
SECRETS += ['10.0.0.1:1 - "WebSocket /ws/rooms/lobby/?ticket=SECRET" [accepted]', f"parlour_x{'SECRET' * 7}"]
SECRETS += ["METRICS_TOKEN=SECRET", "REDIS_PASSWORD=SECRET", "{'new_password1': 'SECRET'}", "access_token: SECRET"]
SECRETS += [
    "redis://:SECRET@redis:6379/0",
    "postgres://parlour:SECRET@db/parlour",
    "SECRET_KEY=SECRET",
    "password=SEC@RET!",
]


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_redacted_wherever_they_stand(form):
    for text in SECRETS:
        line = line_of("%s", text, error=ValueError(text), form=form).replace("SECRET_KEY", "")
        assert "SEC" not in line
        assert "RET" not in line


def test_other_words_stay():
    words = ["member joined room=lobby with 3 tokens", "django.security.csrf: Forbidden (cookie not set)"]
    words += ["http://127.0.0.1:8000/rooms/lobby/", "redis://redis:6379/0", "Ann <ann@example.org>: basic words"]
    assert [redact(text) for text in words] == words
