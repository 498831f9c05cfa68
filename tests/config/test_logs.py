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

    with pytest.raises(ValueError) as caught:
        listen()
    line = line_of("could not %s", "listen", error=caught.value)
    assert "\n" not in line
    assert "could not listen | ValueError: two lines at config/test_logs.py:" in line
    assert "listen <" in line
    with pytest.raises(ValueError) as caught:
        int("x")  # outside: its last frame is ours
    assert "| ValueError: invalid literal" in line_of("no", error=caught.value)


def test_secrets_are_redacted_and_other_words_stay():
    secrets = ["Authorization: Bearer SECRET", "GET /embed/?token=SECRET&x=1", "{'sessionid': 'SECRET'}"]
    secrets += ["csrfmiddlewaretoken=SECRET", "ticket=SECRET", '"password": "SECRET"']
    assert [text for text in secrets if "SECRET" in redact(text)] == []
    for text in ("member joined room=lobby with 3 tokens", "django.security.csrf: Forbidden (cookie not set)"):
        assert redact(text) == text
