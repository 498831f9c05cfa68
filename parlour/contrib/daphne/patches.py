"""Patches for sockets on daphne: close codes, one ping at a time, backpressure for what comes in, a clean shutdown."""

import asyncio
import os
import signal
import threading
from typing import Any

from parlour.contrib.incoming import PIECE, Incoming
from parlour.contrib.patching import requires
from parlour.drain import drain, draining

PROTOCOL = "daphne.ws_protocol:WebSocketProtocol"

MAX_WAITING_FRAMES, MAX_WAITING_BYTES = 16, 256 * 1024  # for an application, before its socket is no longer read
MAX_EARLY_BYTES = 64 * 1024  # of frames before a socket is accepted
CLOSE_SECONDS = 5  # for a slow page to read its last frame and answer the close
CONTROL, PONG = 8, 10  # opcodes: the first of control frames
GRACE_SECONDS = 3  # from SIGTERM until applications that still run are cancelled


@requires(f"{PROTOCOL} serverClose sendCloseFrame .closeHandshakeTimeout")
def all_close_codes(protocol: Any) -> None:
    """Send every close code and leave time to answer it: daphne raises for 1001–1015, and waits 1 s."""
    protocol.serverClose = lambda self, code=None: self.sendCloseFrame(code=code or 1000)
    protocol.closeHandshakeTimeout = CLOSE_SECONDS


@requires(f"{PROTOCOL} serverSend .state")
def late_frames(protocol: Any) -> None:
    """Drop a frame sent while a socket closes, as daphne does once it is closed; it raises in between."""
    send = protocol.serverSend

    def server_send(self: Any, content: Any, binary: bool = False) -> None:
        if self.state in (self.STATE_CONNECTING, self.STATE_OPEN):
            send(self, content, binary)

    protocol.serverSend = server_send


@requires(f"{PROTOCOL} failHandshake")
def refused_while_draining(protocol: Any) -> None:
    """Refuse a handshake with 503 while this process ends: daphne answers each refusal with 403."""
    fail = protocol.failHandshake

    def fail_handshake(self: Any, reason: str, code: int = 400, *headers: Any) -> None:
        fail(self, reason, 503 if draining() else code, *headers)

    protocol.failHandshake = fail_handshake


@requires(f"{PROTOCOL} _max_message_size_exceeded sendCloseFrame .failedByMe")
def oversized_message(protocol: Any) -> None:
    """Close with 1009: a page dropped without a code would come back and repeat the message."""

    def exceeded(self: Any, size: int, limit: int, reason: str) -> None:
        self.failedByMe = True  # the rest of it is read and thrown away
        self.sendCloseFrame(code=1009)

    protocol._max_message_size_exceeded = exceeded


@requires(f"{PROTOCOL} _sendAutoPing .autoPingTimeoutCall")
def one_ping_at_a_time(protocol: Any) -> None:
    """Ping again only after an answer: a second ping orphans the first one's timer, and that drops pages."""
    ping = protocol._sendAutoPing
    protocol._sendAutoPing = lambda self: None if self.autoPingTimeoutCall else ping(self)


@requires(
    f"{PROTOCOL} consumeData onMessage onClose dropConnection sendCloseFrame .data .state .transport .inside_message"
    " .current_frame .current_frame_masker .message_data_total_length .wasNotCleanReason",
)
def unfinished_messages(protocol: Any) -> None:
    """End a socket that does not end its message in time, or holds too much of the memory that all have for them."""
    consume, message, closed = protocol.consumeData, protocol.onMessage, protocol.onClose
    protocol.incoming, protocol.whole, protocol.inside_message = None, False, False

    def consumeData(self: Any) -> None:  # noqa: N802  autobahn's names
        self.whole = False
        consume(self)
        size = _unfinished(self)
        if size or self.incoming:
            Incoming.of(self, _end).unfinished(size, self.whole)

    def onMessage(self: Any, payload: bytes, binary: bool) -> None:  # noqa: N802
        self.whole = True
        message(self, payload, binary)

    def onClose(self: Any, *how: Any) -> None:  # noqa: N802
        if self.incoming:
            self.incoming.unfinished(0)
        closed(self, *how)

    protocol.consumeData, protocol.onMessage, protocol.onClose = consumeData, onMessage, onClose


@requires(f"{PROTOCOL} onFrameBegin dropConnection sendCloseFrame .state .transport .current_frame .autoPingPending")
def limited_frames(protocol: Any) -> None:
    """End a socket that sends control frames or fragments, or anything after its close, without end."""
    begin = protocol.onFrameBegin
    protocol.incoming = None

    def onFrameBegin(self: Any) -> None:  # noqa: N802  autobahn's names
        frame = self.current_frame
        is_answer = frame.opcode == PONG and self.autoPingPending
        if (frame.opcode >= CONTROL and not is_answer) or not frame.fin or self.state != self.STATE_OPEN:
            Incoming.of(self, _end).frames()
        if self.state != self.STATE_CLOSED:
            begin(self)

    protocol.onFrameBegin = onFrameBegin


@requires(
    f"{PROTOCOL} onConnect _dataReceived dropConnection sendCloseFrame .state .data .transport",
    "twisted.internet.tcp:Connection bufferSize",
)
def small_pieces(protocol: Any, _transport: Any) -> None:
    """Read a little at a time, or tiny frames would block the loop before any is counted; and little behind a close."""
    connect, receive = protocol.onConnect, protocol._dataReceived
    protocol.incoming = None

    def onConnect(self: Any, request: Any) -> Any:  # noqa: N802  autobahn's names
        self.transport.bufferSize = PIECE
        return connect(self, request)

    def _dataReceived(self: Any, data: bytes) -> None:  # noqa: N802
        if self.state == self.STATE_CLOSING or len(self.data) > MAX_EARLY_BYTES:
            Incoming.of(self, _end).frames()
        if self.state != self.STATE_CLOSED:
            receive(self, data)

    protocol.onConnect, protocol._dataReceived = onConnect, _dataReceived


def _unfinished(socket: Any) -> int:
    """The bytes of a message that has begun and not ended."""
    if not socket.inside_message:
        return 0 if socket.state == socket.STATE_CONNECTING else len(socket.data)
    frame, missing = socket.current_frame, 0
    if frame is not None and frame.opcode < CONTROL:
        missing = frame.length - socket.current_frame_masker.pointer()
    return len(socket.data) + socket.message_data_total_length - missing


def _end(socket: Any, code: int) -> None:
    if is_open := socket.state == socket.STATE_OPEN:
        socket.sendCloseFrame(code=code)
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, socket.transport.abortConnection)
    socket.wasNotCleanReason = "it sent too much that is no message"
    socket.dropConnection(abort=not is_open)


@requires(f"{PROTOCOL} onMessage applicationCreateWorked .application_queue .transport", "asyncio:Queue _get")
def inbound_backpressure(protocol: Any, _queue: Any) -> None:
    """Stop reading a socket while its application is behind, until it has caught up."""
    receive, created = protocol.onMessage, protocol.applicationCreateWorked
    protocol.waiting_bytes, protocol.paused = 0, False

    def application_created(self: Any, queue: Any) -> None:
        take = queue._get

        def get() -> Any:
            message = take()
            if queue.empty():
                self.waiting_bytes = 0
                if self.paused:
                    self.paused = False
                    self.transport.resumeProducing()
            return message

        queue._get = get
        created(self, queue)

    def on_message(self: Any, payload: bytes, binary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return
        receive(self, payload, binary)
        self.waiting_bytes += len(payload)
        full = self.waiting_bytes > MAX_WAITING_BYTES or self.application_queue.qsize() > MAX_WAITING_FRAMES
        if full and not self.paused:
            self.paused = True
            self.transport.pauseProducing()

    protocol.applicationCreateWorked, protocol.onMessage = application_created, on_message


@requires(
    "daphne.server:Server kill_all_applications .connections",
    f"{PROTOCOL} sendCloseFrame muted .application_queue .is_closed",
    "twisted.internet.base:ReactorBase _exitSignal",
    "twisted.web.http:HTTPChannel checkPersistence",
)
def graceful_shutdown(server: Any, protocol: Any, _reactor: Any, channel: Any) -> None:
    """On SIGTERM drain; then accept no more, close with 1012, let applications clean up, cancel what is left."""
    from twisted.internet import defer, interfaces, reactor

    def close_after(_channel: Any, request: Any, _version: bytes) -> bool:
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    async def shut_down(self: Any) -> None:
        if getattr(reactor, "_exitSignal", None) == signal.SIGTERM:  # nobody waits for Ctrl-C
            channel.checkPersistence = close_after
            await drain()
        for port in filter(interfaces.IListeningPort.providedBy, reactor.getReaders()):  # type: ignore[misc]
            port.stopListening()
        sockets = [each for each in self.connections if isinstance(each, protocol)]
        for socket in sockets:
            _close_for_restart(socket)
        loop = asyncio.get_running_loop()
        closed = [socket.is_closed.asFuture(loop) for socket in sockets]
        await _wait(_running_applications(self) + closed, GRACE_SECONDS)
        late = _running_applications(self)
        for task in late:
            task.cancel()
        await _wait(late, 1)
        _exit_after_grace()

    server.kill_all_applications = lambda self: defer.Deferred.fromFuture(asyncio.ensure_future(shut_down(self)))


def _exit_after_grace() -> None:
    """A thread that still answers a page waits for this loop, and Python's exit for the thread: for ever."""
    timer = threading.Timer(GRACE_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _close_for_restart(socket: Any) -> None:
    """Close a socket; its application gets the disconnect at once, not when the page has answered."""
    if socket.state == socket.STATE_OPEN:
        socket.sendCloseFrame(code=1012)
        socket.application_queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
        socket.muted = True  # or the end of the connection would be a second disconnect
    elif socket.state == socket.STATE_CONNECTING:
        socket.transport.abortConnection()


def _running_applications(server: Any) -> list[asyncio.Future[None]]:
    """The applications that have not ended; a connection whose application was reaped has none."""
    tasks = (details.get("application_instance") for details in server.connections.values())
    return [task for task in tasks if task and not task.done()]


async def _wait(futures: list[asyncio.Future[None]], seconds: float) -> None:
    if futures:
        await asyncio.wait(futures, timeout=seconds)


PATCHES = (
    all_close_codes,
    late_frames,
    refused_while_draining,
    oversized_message,
    one_ping_at_a_time,
    unfinished_messages,
    limited_frames,
    small_pieces,
    inbound_backpressure,
    graceful_shutdown,
)
