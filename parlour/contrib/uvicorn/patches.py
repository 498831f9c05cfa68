"""Patches for sockets on uvicorn: drop a page that stopped reading, one error for one that left, a clean shutdown."""

import asyncio
from typing import Any

from parlour.contrib.patching import requires

PROTOCOL = "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol"

MAX_UNREAD_BYTES = 512 * 1024  # that wait for a page to read them
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


@requires(f"{PROTOCOL} send .request .response .scope")
def past_handshakes(protocol: Any) -> None:
    """Let go of a handshake once it is accepted: with its headers it is a fifth of what a quiet socket holds."""
    send_now = protocol.send

    async def send(self: Any, message: Any) -> None:
        await send_now(self, message)
        if message["type"] == "websocket.accept":
            self.request.headers.clear()  # the parser of frames holds the request as well
            self.request = self.response = None
            kept = {name: self.scope[name] for name in ("type", "path", "client")}
            self.scope.clear()
            self.scope.update(kept)

    protocol.send = send


@requires("uvicorn.server:Server shutdown .config .server_state")
def graceful_shutdown(server: Any) -> None:
    """On SIGTERM wait for applications, but not for ever, and let those that were cancelled clean up."""
    shut_down = server.shutdown

    async def shutdown(self: Any, sockets: Any = None) -> None:
        if self.config.timeout_graceful_shutdown is None:
            self.config.timeout_graceful_shutdown = GRACE_SECONDS
        await shut_down(self, sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)

    server.shutdown = shutdown


@requires(f"{PROTOCOL} handle_ping .transport")
def unread_pongs(protocol: Any) -> None:
    """Drop a page that sends pings and reads no pongs: they would pile up."""
    answer = protocol.handle_ping

    def handle_ping(self: Any) -> None:
        answer(self)
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()

    protocol.handle_ping = handle_ping


PATCHES = (stalled_reader, late_frames, past_handshakes, unread_pongs, graceful_shutdown)
