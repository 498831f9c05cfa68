"""A stranger's program: many raw connections that send one thing again and again, bounded in number and time.

It runs in a process of its own, so that it takes no time from whoever measures.
"""

import contextlib
import math
import selectors
import socket
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult

READ, BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE


@dataclass
class Attack:
    """So many connections at once; each sends `opening`, and then `more` as fast as it is taken."""

    opening: bytes = b""
    more: bytes = b""
    sockets: int = 8
    seconds: float = 4.0  # until the attacker gives up
    handshake: bytes = b""  # sent first, and accepted, when this is an attack by sockets
    comes_back: bool = False  # whether a connection that was ended is opened again


def frame(opcode: int, payload: bytes = b"", fin: bool = True, claims: int = 0) -> bytes:
    """A client's frame, masked with zeros. It may claim to be longer than it is."""
    size = claims or len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2) if size < 1 << 16 else b"\xff"
    length += size.to_bytes(8) if size >= 1 << 16 else b""
    return bytes([0x80 * fin | opcode]) + length + bytes(4) + payload


def begin(port: int, attack: Attack) -> "AsyncResult[list[float]]":
    """Start an attack. Its result are the seconds that each connection lasted; `inf` for those that were not ended."""
    pool = get_context("spawn").Pool(1)
    result = pool.apply_async(_run, (port, attack))
    pool.close()
    return result


def _run(port: int, attack: Attack) -> list[float]:
    until, selector, lasted = time.monotonic() + attack.seconds, selectors.DefaultSelector(), []

    def connect() -> None:
        line = _Line(port, attack)
        selector.register(line.socket, BOTH, line)

    for _ in range(attack.sockets):
        connect()
    while selector.get_map() and time.monotonic() < until:
        for key, events in selector.select(0.1):
            line: _Line = key.data
            if line.goes_on(events):
                selector.modify(line.socket, BOTH if line.waits_to_send else READ, line)
                continue
            lasted.append(time.monotonic() - line.began)
            selector.unregister(line.socket)
            line.socket.close()
            if attack.comes_back:
                connect()
    late = [key.data for key in selector.get_map().values() if not attack.comes_back or key.data.began < until - 2]
    return lasted + [math.inf] * len(late)


class _Line:
    """One connection of an attack."""

    def __init__(self, port: int, attack: Attack) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.more, self.rest = attack.more, attack.opening or attack.more
        if attack.handshake:
            self.socket.sendall(attack.handshake)
            answer = self.socket.recv(65536)
            assert answer.startswith(b"HTTP/1.1 101"), answer
        self.socket.setblocking(False)
        self.began = time.monotonic()

    @property
    def waits_to_send(self) -> bool:
        return bool(self.rest)

    def goes_on(self, events: int) -> bool:
        """Read and write what can be; False once the server has ended the connection."""
        try:
            with contextlib.suppress(BlockingIOError):
                if events & selectors.EVENT_READ and not self.socket.recv(1 << 20):
                    return False
            with contextlib.suppress(BlockingIOError):
                if events & selectors.EVENT_WRITE and self.rest:
                    self.rest = self.rest[self.socket.send(self.rest) :] or self.more
        except OSError:
            return False
        return True
