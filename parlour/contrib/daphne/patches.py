"""Patches for sockets on daphne: close codes, one ping at a time, backpressure for what comes in, a clean shutdown."""

import asyncio
import os
import threading
from typing import Any

from parlour.contrib.patching import requires

PROTOCOL = "daphne.ws_protocol:WebSocketProtocol"

MAX_WAITING_FRAMES, MAX_WAITING_BYTES = 16, 256 * 1024  # for an application, before its socket is no longer read
MAX_UNREAD_BYTES = 512 * 1024  # that wait for a page to read them
CLOSE_SECONDS = 5  # for a slow page to read its last frame and answer the close
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


@requires(f"{PROTOCOL} onPing .transport", "twisted.internet.abstract:FileDescriptor .dataBuffer ._tempDataLen")
def unread_pongs(protocol: Any, _transport: Any) -> None:
    """Drop a page that sends pings and reads no pongs: they would pile up."""
    answer = protocol.onPing

    def on_ping(self: Any, payload: bytes) -> None:
        answer(self, payload)
        if len(self.transport.dataBuffer) + self.transport._tempDataLen > MAX_UNREAD_BYTES:
            self.transport.abortConnection()

    protocol.onPing = on_ping


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
)
def graceful_shutdown(server: Any, protocol: Any) -> None:
    """On SIGTERM accept no more, close sockets with 1012, let applications clean up, cancel what is left."""
    from twisted.internet import defer, interfaces, reactor

    async def shut_down(self: Any) -> None:
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
    oversized_message,
    one_ping_at_a_time,
    unread_pongs,
    inbound_backpressure,
    graceful_shutdown,
)
