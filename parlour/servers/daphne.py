"""What daphne lacks: most close codes, one ping at a time, backpressure for what comes in, a clean end."""

import asyncio
import os
import threading
from typing import Any

from parlour.servers.parts import needs

SOCKET = "daphne.ws_protocol:WebSocketProtocol"

FRAMES, BYTES = 16, 256 * 1024  # what may wait for an application before its socket is no longer read
UNREAD = 512 * 1024  # bytes that may wait for a page to read them
CLOSE_SECONDS = 5  # for a slow page to read its last frame and answer the close
GRACE_SECONDS = 3  # from SIGTERM until applications that still run are cancelled


@needs(f"{SOCKET} serverClose sendCloseFrame .closeHandshakeTimeout")
def close_codes(protocol: Any) -> None:
    """Send every close code and leave time to answer it: daphne raises for 1001–1015, and waits 1 s."""
    protocol.serverClose = lambda self, code=None: self.sendCloseFrame(code=code or 1000)
    protocol.closeHandshakeTimeout = CLOSE_SECONDS


@needs(f"{SOCKET} serverSend .state")
def late_frames(protocol: Any) -> None:
    """Swallow what is sent while a socket closes, as daphne does once it is closed; it raises in between."""
    send = protocol.serverSend

    def server_send(self: Any, content: Any, binary: bool = False) -> None:
        if self.state in (self.STATE_CONNECTING, self.STATE_OPEN):
            send(self, content, binary)

    protocol.serverSend = server_send


@needs(f"{SOCKET} _max_message_size_exceeded sendCloseFrame .failedByMe")
def too_big(protocol: Any) -> None:
    """Close an oversized message with 1009: a page dropped without a word would come back and repeat it."""

    def exceeded(self: Any, size: int, limit: int, reason: str) -> None:
        self.failedByMe = True  # the rest of it is read and thrown away
        self.sendCloseFrame(code=1009)

    protocol._max_message_size_exceeded = exceeded


@needs(f"{SOCKET} _sendAutoPing .autoPingTimeoutCall")
def one_ping(protocol: Any) -> None:
    """Ping again only after an answer: a second ping orphans the first one's timer, and that drops pages."""
    ping = protocol._sendAutoPing
    protocol._sendAutoPing = lambda self: None if self.autoPingTimeoutCall else ping(self)


@needs(f"{SOCKET} onPing .transport", "twisted.internet.abstract:FileDescriptor .dataBuffer ._tempDataLen")
def deaf_pinger(protocol: Any, _transport: Any) -> None:
    """Drop a page that sends pings and reads no pongs: they would pile up."""
    answer = protocol.onPing

    def on_ping(self: Any, payload: bytes) -> None:
        answer(self, payload)
        if len(self.transport.dataBuffer) + self.transport._tempDataLen > UNREAD:
            self.transport.abortConnection()

    protocol.onPing = on_ping


@needs(f"{SOCKET} onMessage applicationCreateWorked .application_queue .transport", "asyncio:Queue _get")
def inbound(protocol: Any, _queue: Any) -> None:
    """Stop reading a socket while its application is behind, until it has caught up."""
    hear, created = protocol.onMessage, protocol.applicationCreateWorked
    protocol.unread, protocol.held = 0, False

    def application_created(self: Any, queue: Any) -> None:
        take = queue._get

        def get() -> Any:
            message = take()
            if queue.empty():
                self.unread = 0
                if self.held:
                    self.held = False
                    self.transport.resumeProducing()
            return message

        queue._get = get
        created(self, queue)

    def on_message(self: Any, payload: bytes, binary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return
        hear(self, payload, binary)
        self.unread += len(payload)
        if not self.held and (self.unread > BYTES or self.application_queue.qsize() > FRAMES):
            self.held = True
            self.transport.pauseProducing()

    protocol.applicationCreateWorked, protocol.onMessage = application_created, on_message


@needs(
    "daphne.server:Server kill_all_applications .connections",
    f"{SOCKET} sendCloseFrame muted .application_queue .is_closed",
)
def farewell(server: Any, protocol: Any) -> None:
    """On SIGTERM take nobody new, close sockets with 1012, let applications clean up, cancel what is left."""
    from twisted.internet import defer, interfaces, reactor

    async def leave(self: Any) -> None:
        for port in filter(interfaces.IListeningPort.providedBy, reactor.getReaders()):  # type: ignore[misc]
            port.stopListening()
        sockets = [each for each in self.connections if isinstance(each, protocol)]
        for socket in sockets:
            _dismiss(socket)
        loop = asyncio.get_running_loop()
        gone = [socket.is_closed.asFuture(loop) for socket in sockets]
        await _wait(_running(self) + gone, GRACE_SECONDS)
        late = _running(self)
        for task in late:
            task.cancel()
        await _wait(late, 1)
        _leave_anyway()

    server.kill_all_applications = lambda self: defer.Deferred.fromFuture(asyncio.ensure_future(leave(self)))


def _leave_anyway() -> None:
    """A thread that still answers a page waits for this loop, and Python's exit for the thread: for ever."""
    last = threading.Timer(GRACE_SECONDS, os._exit, (0,))
    last.daemon = True
    last.start()


def _dismiss(socket: Any) -> None:
    """Close a socket for a restart; its application hears of it at once, not when the page has answered."""
    if socket.state == socket.STATE_OPEN:
        socket.sendCloseFrame(code=1012)
        socket.application_queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
        socket.muted = True  # or the end of the connection would be told as a second disconnect
    elif socket.state == socket.STATE_CONNECTING:
        socket.transport.abortConnection()


def _running(server: Any) -> list[asyncio.Future[None]]:
    """The applications that have not ended; a connection whose application was reaped has none."""
    found = (details.get("application_instance") for details in server.connections.values())
    return [task for task in found if task and not task.done()]


async def _wait(futures: list[asyncio.Future[None]], seconds: float) -> None:
    if futures:
        await asyncio.wait(futures, timeout=seconds)


PARTS = (close_codes, late_frames, too_big, one_ping, deaf_pinger, inbound, farewell)
