"""One line an error, and no secrets in it."""

import logging

import pytest

from config.logs import OneLineFormatter, redact


def line_of(message, *values, error=None):
    record = logging.LogRecord("rooms", logging.ERROR, __file__, 1, message, values, None)
    if error:
        record.exc_info = (type(error), error, error.__traceback__)
    return OneLineFormatter().format(record)


def test_an_error_is_one_line_that_says_where():
    def listen():
        raise ValueError("two\nlines")

    try:
        listen()
    except ValueError as error:
        line = line_of("could not %s", "listen", error=error)
    assert "\n" not in line
    assert "could not listen | ValueError: two lines at config/test_logs.py:" in line
    assert "listen <" in line


def test_an_error_outside_says_its_last_frame():
    with pytest.raises(ValueError) as caught:
        int("x")
    assert "| ValueError: invalid literal" in line_of("no", error=caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer SECRET",
        "GET /embed/?token=SECRET&x=1",
        "{'sessionid': 'SECRET'}",
        "csrfmiddlewaretoken=SECRET",
        "ticket=SECRET",
        '"password": "SECRET"',
    ],
)
def test_secrets_are_redacted(text):
    assert "SECRET" not in redact(text)


@pytest.mark.parametrize(
    "text", ["member joined room=lobby with 3 tokens", "django.security.csrf: Forbidden (cookie not set)"]
)
def test_other_words_stay(text):
    assert redact(text) == text
