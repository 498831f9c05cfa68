"""A text frame for many sockets on uvicorn, encoded once and written to each transport directly.

It leaves every socket that closes, that compresses, or for which bytes wait, to uvicorn's own send. A thousand sockets
are in no processor's cache, so it looks at the transport alone: whatever else ends a socket closes that at once.
"""

from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any

PLAIN = ("_buffer", "_conn_lost", "_sock")


def text_writer(protocol: Any) -> Callable[[str], bool] | None:
    """A function that writes a text and says whether it did, for a socket that was accepted and until it is closed.

    None for another server or another release of it.
    """
    needed = ("conn", "transport")
    if type(protocol).__module__ != "uvicorn.protocols.websockets.websockets_sansio_impl":
        return None
    if not all(hasattr(protocol, name) for name in needed) or protocol.conn.extensions:
        return None
    is_plain = all(hasattr(protocol.transport, name) for name in PLAIN)  # not TLS, and asyncio's own loop
    return MethodType(_send if is_plain else _write, protocol.transport)  # a partial takes three times as much


def _send(transport: Any, text: str) -> bool:
    """What asyncio's transport does where nothing waits, in a call less for each of its layers."""
    if transport._buffer or transport._conn_lost:  # the second as soon as it closes
        return False
    frame = _frame(text)
    try:
        sent = transport._sock.send(frame)
    except OSError:
        sent = 0  # the transport finds out why, and waits or closes
    if sent < len(frame):
        transport.write(frame[sent:])
    return True


def _write(transport: Any, text: str) -> bool:
    if transport.get_write_buffer_size() or transport.is_closing():
        return False
    transport.write(_frame(text))
    return True


@lru_cache(maxsize=16)
def _frame(text: str) -> bytes:
    """An unmasked text frame of one part (RFC 6455, section 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload
