"""Log lines: one line a fault, saying where it happened, and no secrets."""

import logging
import re
import traceback
from types import TracebackType
from typing import Any

SECRET = re.compile(
    r"(?i)\b(bearer\s+|(?:token|ticket|sessionid|csrftoken|csrfmiddlewaretoken|password)['\"]?\s*[=:]\s*['\"]?)[^\s&;,'\"]+"
)
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # a terminal would obey them
LONGEST_LINE = 4000  # characters
LONGEST = 300  # characters of a fault's own words, which may quote what somebody sent
OUTSIDE = ("site-packages", "/lib/python", "<frozen")

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """`time level logger: message | ValueError: why at rooms/models.py:41 post < …`, secrets blotted out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatException(self, ei: Fault) -> str:  # noqa: N802  the name is logging's
        """The fault's own words and the frames of our code, innermost first."""
        kind, fault, trace = ei
        frames = traceback.extract_tb(trace)
        own = [frame for frame in frames if not any(part in frame.filename for part in OUTSIDE)]
        told = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in reversed(own or frames[-1:])]
        name = kind.__name__ if kind else "fault"
        return f"| {name}: {str(fault)[:LONGEST]} at {' < '.join(told)}"

    def format(self, record: logging.LogRecord) -> str:
        """The whole record as one line."""
        record = logging.makeLogRecord(vars(record) | {"exc_text": None, "stack_info": None})
        return blot(UNSEEN.sub("?", " ".join(super().format(record).split())))[:LONGEST_LINE]


class Theirs(logging.Filter):
    """What django.security says is the fault of whoever asks: a warning, without a trace."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lowers it."""
        if record.name.startswith("django.security."):
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        return True


def blot(text: str) -> str:
    """`text` without what follows token=, Bearer and the like."""
    return SECRET.sub(r"\1…", text)


def _short(filename: Any) -> str:
    return "/".join(str(filename).split("/")[-2:])
