"""What the running code works for, so that a log line can say so; it follows a socket onto the database threads."""

from contextvars import ContextVar

log_source: ContextVar[str] = ContextVar("log_source", default="")
"""A kind and an id, such as "socket 5f2c81d0", "request …" or "job 12"; "" for what the engine does for all."""
