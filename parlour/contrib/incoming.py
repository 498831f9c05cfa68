"""What clients send that no application hears, limited alike on both servers: heads, control frames, half messages."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from parlour.limits import Bucket

HEAD_SECONDS, HEAD_SECONDS_OF_MANY = 10, 2  # for all of a request's head
MANY = 300  # connections without a request under way
FRAMES = "50/200"  # frames of one socket that are no whole message, per second/at once
MESSAGE_SECONDS = 10  # for all of a message
SMALL, MOST_BYTES = 16 * 1024, 4 * 1024**2  # of unfinished messages: free for each socket; of all sockets beyond that
PIECE = 4096  # bytes of a socket that are read at a time
VIOLATION, LATER = 1008, 1013  # close codes; after the second a page comes back


class IdleConnections:
    """Connections that have no request under way: they have sent nothing, half a head, or nothing after a response."""

    def __init__(self) -> None:
        self.deadlines: dict[Any, asyncio.TimerHandle] = {}

    def add(self, connection: Any, drop: Callable[[], object]) -> None:
        """Call `drop` unless a request comes in time; the time is short while there are many such connections."""
        self.remove(connection)
        seconds = HEAD_SECONDS if len(self.deadlines) < MANY else HEAD_SECONDS_OF_MANY
        self.deadlines[connection] = asyncio.get_running_loop().call_later(seconds, self._expire, connection, drop)

    def remove(self, connection: Any) -> None:
        """It has a request under way, or is gone."""
        if connection in self.deadlines:
            self.deadlines.pop(connection).cancel()

    def _expire(self, connection: Any, drop: Callable[[], object]) -> None:
        del self.deadlines[connection]
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
