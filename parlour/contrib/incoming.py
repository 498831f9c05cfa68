"""What clients send that no application hears, limited alike on both servers: heads, control frames, half messages."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from parlour.limits import Bucket

HEAD_SECONDS = 10  # for all of a request's head
MOST_IDLE = 300  # connections without a request under way; for a newer one the oldest has to go
FRAMES = "50/200"  # frames of one socket that are no whole message, per second/at once
MESSAGE_SECONDS = 10  # for all of a message
SMALL, MOST_BYTES = 16 * 1024, 8 * 1024**2  # of unfinished messages: free for each socket; of all sockets beyond that
PIECE = 4096  # bytes of a socket that are read at a time
VIOLATION, LATER = 1008, 1013  # close codes; after the second a page comes back


class IdleConnections:
    """Connections that have no request under way: they have sent nothing, half a head, or nothing after a response."""

    def __init__(self) -> None:
        self.deadlines: dict[Any, tuple[asyncio.TimerHandle, Callable[[], object]]] = {}  # the oldest first

    def add(self, connection: Any, drop: Callable[[], object]) -> None:
        """Drop it unless its request comes in time, and the oldest one now if there are too many."""
        if len(self.deadlines) >= MOST_IDLE:
            self._expire(next(iter(self.deadlines)))
        self.remove(connection)
        timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._expire, connection)
        self.deadlines[connection] = timer, drop

    def remove(self, connection: Any) -> None:
        """It has a request under way, or is gone."""
        if connection in self.deadlines:
            self.deadlines.pop(connection)[0].cancel()

    def _expire(self, connection: Any) -> None:
        drop = self.deadlines[connection][1]
        self.remove(connection)
        drop()


idle_connections = IdleConnections()


class Incoming:
    """What one socket sends beside whole messages; `end(socket, code)` closes it when it is too much."""

    __slots__ = ("bucket", "deadline", "end", "held")
    held_by_all = 0

    @classmethod
    def of(cls, socket: Any, end: Callable[[Any, int], object]) -> "Incoming":
        """That of a server's protocol object, made when it is first needed: most sockets send whole messages alone."""
        if socket.incoming is None:
            socket.incoming = cls(partial(end, socket))
        return socket.incoming

    def __init__(self, end: Callable[[int], object]) -> None:
        self.end = end
        self.bucket = Bucket(FRAMES)
        self.held = 0  # bytes of an unfinished message, beyond those that are free
        self.deadline: asyncio.TimerHandle | None = None

    def frames(self, many: int = 1) -> None:
        """So many control frames, fragments, or frames of any kind after the close."""
        if not self.bucket.take(many):
            self.end(VIOLATION)

    def unfinished(self, size: int, is_new: bool = False) -> None:
        """So many bytes wait for the end of their message; `is_new`: of another message than before."""
        held = max(size - SMALL, 0)
        Incoming.held_by_all += held - self.held
        self.held = held
        if self.deadline and (is_new or not size):
            self.deadline.cancel()
            self.deadline = None
        if held and Incoming.held_by_all > MOST_BYTES:
            self.end(LATER)
        elif size and self.deadline is None:
            self.deadline = asyncio.get_running_loop().call_later(MESSAGE_SECONDS, self.end, LATER)
