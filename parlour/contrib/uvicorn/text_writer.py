"""A text frame for many sockets on uvicorn, encoded once and written to each transport directly.

It leaves every socket that is not plainly open, that compresses, or whose reader is slow, to uvicorn's own send.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from websockets.protocol import State


def text_writer(protocol: Any) -> Callable[[str], bool] | None:
    """A function that writes a text and says whether it did; None for another server or another release of it."""
    needed = ("conn", "transport", "writable", "handshake_complete", "close_sent", "disconnected")
    if type(protocol).__module__ != "uvicorn.protocols.websockets.websockets_sansio_impl":
        return None
    if not all(hasattr(protocol, name) for name in needed) or protocol.conn.extensions:
        return None
    connection, transport = protocol.conn, protocol.transport

    def write(text: str) -> bool:
        if protocol.close_sent or protocol.disconnected or not protocol.handshake_complete:
            return False
        if connection.state is not State.OPEN or connection.extensions or not protocol.writable.is_set():
            return False
        transport.write(_frame(text))
        return True

    return write


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
