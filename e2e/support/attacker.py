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

from .http_client import HttpClient

CLOSE = b"\x88\x02"  # the head of a server's close frame with a code
READ, BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE


@dataclass
class Attack:
    """So many connections at once; each sends `opening`, and then `more` as fast as it is taken."""

    opening: bytes = b""
    more: bytes = b""
    sockets: int = 8
    seconds: float = 4.0  # until the attacker gives up
    handshake: bytes = b""  # sent first, and accepted, when this is an attack by sockets
    every: float = 0.0  # seconds between one `more` and the next
    heeds_close: bool = False  # whether a close frame is its end, as for a browser; else it goes on behind it


def handshake(client: HttpClient, path: str) -> bytes:
    """What asks for a socket."""
    head = f"GET {path} HTTP/1.1\r\nHost: {client.url[7:]}\r\nOrigin: {client.url}\r\nCookie: {client.cookies}\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    return f"{head}Connection: Upgrade\r\nUpgrade: websocket\r\n{key}".encode()


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
    selector, lasted = selectors.DefaultSelector(), []
    for line in [_Line(port, attack) for _ in range(attack.sockets)]:
        selector.register(line.socket, BOTH, line)
    until = time.monotonic() + attack.seconds
    while selector.get_map() and time.monotonic() < until:
        for key, events in selector.select(0.02):
            line = key.data
            if not line.goes_on(events):
                lasted.append(time.monotonic() - line.began)
                selector.unregister(line.socket)
                line.socket.close()
        for key in selector.get_map().values():
            selector.modify(key.fileobj, BOTH if key.data.wants_to_send() else READ, key.data)
    return lasted + [math.inf] * len(selector.get_map())


class _Line:
    """One connection of an attack."""

    def __init__(self, port: int, attack: Attack) -> None:
        self.attack, self.rest = attack, attack.opening
        self.began = self.sent = 0.0
        self.socket = socket.socket()
        self.socket.settimeout(10)
        if attack.handshake:
            self.socket.connect(("127.0.0.1", port))
            self.socket.sendall(attack.handshake)
            answer = self.socket.recv(65536)
            assert answer.startswith(b"HTTP/1.1 101"), answer
        self.socket.setblocking(False)
        if not attack.handshake:
            self.socket.connect_ex(("127.0.0.1", port))

    def wants_to_send(self) -> bool:
        """Whether something is left to send; what is sent again and again is when its time has come."""
        if self.began and not self.rest and time.monotonic() >= self.sent + self.attack.every:
            self.rest, self.sent = self.attack.more, time.monotonic()
        return bool(self.rest)

    def goes_on(self, events: int) -> bool:
        """Read and write what can be; False once the server has ended the connection."""
        self.began = self.began or time.monotonic()
        try:
            with contextlib.suppress(BlockingIOError):
                if events & selectors.EVENT_READ:
                    data = self.socket.recv(1 << 20)
                    if not data or (self.attack.heeds_close and data[-4:-2] == CLOSE):
                        return False
            with contextlib.suppress(BlockingIOError):
                if events & selectors.EVENT_WRITE:
                    self.rest = self.rest[self.socket.send(self.rest) :]
        except OSError:
            return False
        return True
