"""Patches for sockets on uvicorn: drop a page that stopped reading, one error for one that left, a clean shutdown."""

import asyncio
import contextlib
import logging
import signal
from operator import xor
from types import SimpleNamespace
from typing import Any

from parlour.contrib.incoming import PIECE, Incoming
from parlour.contrib.patching import requires
from parlour.drain import drain
from parlour.limits import OncePerMinute

PROTOCOL = "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol"

CONTROL, PONG = 8, 10  # opcodes: the first of control frames
ANSWERED = b"\x8a\x84"  # how the answer to a ping of uvicorn's begins: the last of its kind, masked, four bytes
TOGETHER = 0.25  # seconds from one turn of pings to the next
GRACE_SECONDS = 5  # from SIGTERM until applications that still run are cancelled


@requires(f"{PROTOCOL} keepalive_timeout send_keepalive_ping .ping_timeout .pong_timer .transport .loop")
def stalled_reader(protocol: Any) -> None:
    """Drop a page that stopped reading: uvicorn's close waits for its full buffer, for ever."""
    expire, ping = protocol.keepalive_timeout, protocol.send_keepalive_ping

    def keepalive_timeout(self: Any) -> None:
        expire(self)
        self.transport.abort()

    def send_keepalive_ping(self: Any) -> None:
        ping(self)
        if self.pong_timer is None and self.ping_timeout is not None:  # it was closing, and had no timer
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)

    protocol.keepalive_timeout, protocol.send_keepalive_ping = keepalive_timeout, send_keepalive_ping


@requires(f"{PROTOCOL} schedule_ping send_keepalive_ping .ping_interval .ping_timer .loop")
def pings_together(protocol: Any) -> None:
    """Ping many sockets in one turn of the loop, which costs less than to wake up for each and for its answer."""

    def schedule_ping(self: Any) -> None:
        due = self.loop.time() + self.ping_interval
        self.ping_timer = self.loop.call_at(due - due % TOGETHER, self.send_keepalive_ping)

    protocol.schedule_ping = schedule_ping


@requires(f"{PROTOCOL} send .close_sent")
def late_frames(protocol: Any) -> None:
    """Raise OSError for a frame sent while a socket closes, as uvicorn does once it is closed."""
    send_now = protocol.send

    async def send(self: Any, message: Any) -> None:
        try:
            await send_now(self, message)
        except RuntimeError as error:
            if not self.close_sent:
                raise
            raise ConnectionError("this socket is closing") from error

    protocol.send = send


class _Few(list[Any]):
    """A deque for what holds none or one nearly always: an empty deque takes 700 bytes."""

    __slots__ = ()

    def popleft(self) -> Any:
        return self.pop(0)


@requires(
    f"{PROTOCOL} send .request .response .scope .queue .writable",
    "asyncio:Queue ._putters ._finished ._getters ._queue",
    "asyncio:Event ._waiters",
    "websockets.protocol:Protocol parse .parser",
    "websockets.streams:StreamReader at_eof",
)
def past_handshakes(protocol: Any, queue: Any, _event: Any, connection: Any, reader: Any) -> None:
    """Let go of a handshake once it is accepted, and of all else that a quiet socket holds and does not need.

    Its queue has no limit and nobody joins it, so all share what these would need.
    """
    send_now, unused = protocol.send, queue()

    async def send(self: Any, message: Any) -> None:
        await send_now(self, message)
        if message["type"] == "websocket.accept":
            self.request = self.response = None
            within = getattr(self.conn.parser.gi_yieldfrom, "gi_yieldfrom", None)
            if within is not None and within.gi_code is reader.at_eof.__code__:  # no frame has begun
                self.conn.parser = connection.parse(self.conn)  # the one until now held the request
                next(self.conn.parser)
            self.queue._putters, self.queue._finished = unused._putters, unused._finished
            self.queue._getters, self.queue._queue = _Few(self.queue._getters), _Few(self.queue._queue)
            self.writable._waiters = _Few(self.writable._waiters)
            kept = {name: self.scope[name] for name in ("type", "path", "client")}
            self.scope.clear()
            self.scope.update(kept)
            getattr(self.transport, "_extra", {}).clear()  # the addresses are in the scope
            self.__dict__ = {**self.__dict__}  # a dictionary that grew is twice as large

    protocol.send = send


@requires(f"{PROTOCOL} send .handshake_complete")
def refused_handshakes(protocol: Any) -> None:
    """A handshake answered by an HTTP response is complete: uvicorn logs an error for each."""
    send_now = protocol.send

    async def send(self: Any, message: Any) -> None:
        await send_now(self, message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    protocol.send = send


@requires("uvicorn.server:Server shutdown .config .server_state ._captured_signals")
def graceful_shutdown(server: Any) -> None:
    """On SIGTERM drain; then wait for applications, but not for ever, and let those that were cancelled clean up."""
    shut_down = server.shutdown

    async def shutdown(self: Any, sockets: Any = None) -> None:
        if signal.SIGINT not in self._captured_signals:  # nobody waits for Ctrl-C
            self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
            await drain()
        if self.config.timeout_graceful_shutdown is None:
            self.config.timeout_graceful_shutdown = GRACE_SECONDS
        await shut_down(self, sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)

    server.shutdown = shutdown


@requires(
    f"{PROTOCOL} handle_events handle_parser_exception connection_lost .conn .frames .close_sent .handshake_complete"
    " .pending_ping_payload",
    "websockets.protocol:Protocol fail .events .reader",
    "websockets.streams:StreamReader .buffer",
    "websockets.frames:Frame",
)
def limited_frames(protocol: Any, _connection: Any, _reader: Any, frame: Any) -> None:
    """End a socket that sends control frames or fragments, or anything after its close, without end.

    So ends one that does not end its message in time, or holds too much of the memory that all have for them.
    """
    handle, lost = protocol.handle_events, protocol.connection_lost
    protocol.incoming = None

    def handle_events(self: Any) -> None:
        frames = [event for event in self.conn.events if isinstance(event, frame)]
        many = sum(_is_counted(self, event) for event in frames)
        whole = any(event.fin and event.opcode < CONTROL for event in frames)
        handle(self)
        for event in frames:
            event.data = b""  # the parser holds its last frame
        size = len(self.conn.reader.buffer) + sum(map(len, self.frames))
        if size or self.incoming:
            Incoming.of(self, _end).unfinished(size, whole)
        if many:
            Incoming.of(self, _end).frames(many)

    def connection_lost(self: Any, error: Exception | None) -> None:
        if self.incoming:
            self.incoming.unfinished(0)
        lost(self, error)

    protocol.handle_events, protocol.connection_lost = handle_events, connection_lost


@requires(
    f"{PROTOCOL} connection_made data_received handle_parser_exception .transport .close_sent .handshake_complete",
    "asyncio.selector_events:_SelectorSocketTransport max_size",
)
def small_pieces(protocol: Any, _transport: Any) -> None:
    """Read a little at a time, or tiny frames would block the loop before any is counted; and little behind a close."""
    made, receive = protocol.connection_made, protocol.data_received
    protocol.incoming = None

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        if hasattr(transport, "max_size"):  # uvloop's has none
            transport.max_size = PIECE

    def data_received(self: Any, data: bytes) -> None:
        if self.close_sent:
            Incoming.of(self, _end).frames()
        if not self.transport.is_closing():
            receive(self, data)

    protocol.connection_made, protocol.data_received = connection_made, data_received


@requires(f"{PROTOCOL} data_received handle_pong .pending_ping_payload .close_sent")
def quick_pongs(protocol: Any) -> None:
    """Take the answer to a ping past the parser, where it costs several times as much; quiet pages send little else."""
    receive = protocol.data_received

    def data_received(self: Any, data: bytes) -> None:
        if len(data) == len(ANSWERED) + 8 and data.startswith(ANSWERED) and not self.close_sent:
            payload = bytes(map(xor, data[2:6], data[6:]))
            if payload == self.pending_ping_payload:
                return self.handle_pong(SimpleNamespace(data=payload))
        return receive(self, data)

    protocol.data_received = data_received


def _is_counted(protocol: Any, event: Any) -> bool:
    if event.opcode == PONG and event.data == protocol.pending_ping_payload:
        return False
    return event.opcode >= CONTROL or not event.fin or protocol.close_sent


def _end(protocol: Any, code: int) -> None:
    if protocol.close_sent or not protocol.handshake_complete:
        protocol.transport.abort()
    else:
        protocol.conn.fail(code)
        protocol.handle_parser_exception()


@requires(f"{PROTOCOL} send_receive_event_to_app .logger", "websockets.exceptions:InvalidState")
def one_line_for_a_wrong_text(protocol: Any, invalid_state: Any) -> None:
    """A text that is not UTF-8 is no exception of ours: uvicorn logs a traceback, and fails if a close came with it."""
    hand_on = protocol.send_receive_event_to_app
    warning = OncePerMinute("a socket was closed whose text was not UTF-8").warning

    def send_receive_event_to_app(self: Any) -> None:
        with contextlib.suppress(invalid_state):
            hand_on(self)

    def log_once(record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            warning()
            return False
        return True

    protocol.send_receive_event_to_app = send_receive_event_to_app
    logging.getLogger("uvicorn.error").addFilter(log_once)


PATCHES = (
    stalled_reader,
    pings_together,
    late_frames,
    past_handshakes,
    refused_handshakes,
    limited_frames,
    small_pieces,
    one_line_for_a_wrong_text,
    quick_pongs,
    graceful_shutdown,
)
