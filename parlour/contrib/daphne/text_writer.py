"""A text frame on daphne, written without the coroutine by which applications send, most of what it costs there."""

from collections.abc import Callable
from functools import partial
from typing import Any

PROTOCOL, TRANSPORT = ("serverSend", "state", "STATE_OPEN", "transport"), ("dataBuffer", "_tempDataLen")


def text_writer(protocol: Any) -> Callable[[str], bool] | None:
    """A function that writes a text and says whether it did; None for another server or another release of it."""
    if type(protocol).__module__ != "daphne.ws_protocol" or not all(hasattr(protocol, name) for name in PROTOCOL):
        return None
    return partial(_write, protocol) if all(hasattr(protocol.transport, name) for name in TRANSPORT) else None


def _write(protocol: Any, text: str) -> bool:
    transport = protocol.transport
    if protocol.state != protocol.STATE_OPEN or transport.dataBuffer or transport._tempDataLen:
        return False
    protocol.serverSend(text)
    return True
