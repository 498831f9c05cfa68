"""Log lines: one line an error, saying where it happened, and no secrets."""

import logging
import re
import traceback
from types import TracebackType
from typing import Any

SECRET = re.compile(
    r"(?i)\b(bearer\s+|(?:token|ticket|sessionid|csrftoken|csrfmiddlewaretoken|password)['\"]?\s*[=:]\s*['\"]?)[^\s&;,'\"]+"
)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # a terminal would obey them
MAX_LINE = 4000  # characters
MAX_ERROR = 300  # characters of an error's own text, which may quote what somebody sent
NOT_OURS = ("site-packages", "/lib/python", "<frozen")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLineFormatter(logging.Formatter):
    """`time level logger: message | ValueError: why at rooms/models.py:41 post < …`, secrets redacted."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  the name is logging's
        """The error's own text and the frames of our code, innermost first."""
        kind, error, trace = ei
        frames = traceback.extract_tb(trace)
        own = [frame for frame in frames if not any(part in frame.filename for part in NOT_OURS)]
        places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(own or frames[-1:])]
        name = kind.__name__ if kind else "error"
        return f"| {name}: {str(error)[:MAX_ERROR]} at {' < '.join(places)}"

    def format(self, record: logging.LogRecord) -> str:
        """The whole record as one line."""
        record = logging.makeLogRecord(vars(record) | {"exc_text": None, "stack_info": None})
        return redact(CONTROL.sub("?", " ".join(super().format(record).split())))[:MAX_LINE]


class ClientErrors(logging.Filter):
    """Lowers what django.security logs, which is the client's error, to a warning without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        if record.name.startswith("django.security."):
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        return True


def redact(text: str) -> str:
    """`text` without what follows token=, Bearer and the like."""
    return SECRET.sub(r"\1…", text)


def _short(filename: Any) -> str:
    return "/".join(str(filename).split("/")[-2:])
