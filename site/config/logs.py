"""Log lines: one line a record, as text or JSON, saying what it belongs to and where it happened, and no secrets."""

import logging
import re
import traceback
from typing import Any

from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor

from parlour import log_source

SECRET = re.compile(
    r"(?i)(?<![^\W_])(bearer\s+|authorization:\s*\w+\s+"
    r"|(?:token|ticket|identity|sessionid|csrftoken|csrfmiddlewaretoken|password\d?|secret_key)"
    r"['\"]?\s*[=:]\s*['\"]?|parlour_(?=[\w-]{43}))[^\s&;,'\"]+"
)
PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # a terminal would obey them
MAX_LINE = 4000  # characters
MAX_ERROR = 300  # characters of an error's own text, which may quote what somebody sent
NOT_OURS = ("site-packages", "/lib/python", "<frozen")


def formatter(form: str) -> logging.Formatter:
    """Of one line a record, as "text" or "json"."""
    render: Processor = JSONRenderer(ensure_ascii=False) if form == "json" else as_text
    return ProcessorFormatter(
        foreign_pre_chain=[TimeStamper("iso"), add_log_level, add_logger_name, add_source, add_error],
        processors=[ProcessorFormatter.remove_processors_meta, clean, render],
    )


def add_source(logger: Any, method: str, event: EventDict) -> EventDict:
    """The request, socket or job: its id under the name of its kind."""
    kind, _, number = log_source.get().partition(" ")
    if kind:
        event[kind] = number
    return event


def add_error(logger: Any, method: str, event: EventDict) -> EventDict:
    """`error`, its type and own text, and `at`, the frames of our code, innermost first, in place of a traceback."""
    event.pop("stack_info", None)
    kind, error, trace = event.pop("exc_info", None) or (None, None, None)
    if kind:
        frames = traceback.extract_tb(trace)
        own = [frame for frame in frames if not any(part in frame.filename for part in NOT_OURS)]
        places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(own or frames[-1:])]
        event.update(error=f"{kind.__name__}: {redact(str(error))[:MAX_ERROR]}", at=" < ".join(places))
    return event


def clean(logger: Any, method: str, event: EventDict) -> EventDict:
    """Each text on one line, without secrets and without what a terminal would obey."""
    return {name: redact(CONTROL.sub("?", " ".join(str(text).split())))[:MAX_LINE] for name, text in event.items()}


def as_text(logger: Any, method: str, event: EventDict) -> str:
    """`time LEVEL logger: message | ValueError: why at rooms/models.py:41 post < … [request 5f2c81d0]`."""
    names = ("timestamp", "level", "logger", "event", "error", "at")
    time, level, name, message, error, at = (event.pop(each, "") for each in names)
    line = f"{time} {level.upper()} {name}: {message}" + (f" | {error} at {at}" if error else "")
    return line[:MAX_LINE] + "".join(f" [{kind} {number}]" for kind, number in event.items())


class ClientErrors(logging.Filter):
    """Lowers what django.security logs, which is the client's error, to a warning without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        if record.name.startswith("django.security."):
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        return True


def redact(text: str) -> str:
    """`text` without what follows token=, Bearer and the like, and without the password of an address."""
    return PASSWORD.sub(r"\1…", SECRET.sub(r"\1…", text))


def _short(filename: Any) -> str:
    return "/".join(str(filename).split("/")[-2:])
