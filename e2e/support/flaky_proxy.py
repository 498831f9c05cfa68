"""A TCP proxy between a page and the server: a story can cut it, mend it, or let it swallow what passes."""

import contextlib
import socket
import struct
import threading

from .ports import free_port

ABORT = struct.pack("ii", 1, 0)  # linger 0: close with a reset, as a lost network does to both ends
UPGRADE = b"upgrade: websocket"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Connection:
    """One connection: its two ends, whether it is a WebSocket, and what it loses from now on."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near, self.far = near, far
        self.is_socket = self.loses_up = self.loses_down = False

    def reset(self) -> None:
        for end in (self.near, self.far):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def carry(self, proxy: "FlakyProxy", upward: bool) -> None:
        """Carry one direction until it ends. What is lost once is lost for good, the close too."""
        source, sink = (self.near, self.far) if upward else (self.far, self.near)
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if proxy.dark:
                    self.loses_up = self.loses_down = True
                if not (self.loses_up if upward else self.loses_down):
                    sink.sendall(proxy.request(chunk) if upward else chunk)
        if not (self.loses_up or self.loses_down):
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


class FlakyProxy:
    """A TCP proxy on 127.0.0.1. Give pages `url`; only what passes through here is touched."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.refuses_sockets = self.dark = self._cut = False
        self._connections: list[_Connection] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset everything that passes and refuse what comes."""
        self._cut = True
        self._reset_all()

    def black_hole(self) -> None:
        """Connections stay open and nothing arrives any more, in either direction, old or new."""
        self.dark = True

    def silence_sockets(self) -> None:
        """WebSockets that are open carry nothing any more and new ones are refused, as by a strict proxy."""
        self.refuses_sockets = True
        for connection in self._connections:
            connection.loses_up = connection.loses_down = connection.is_socket

    def mend(self) -> None:
        """New connections work again. Those that lost something stay dead."""
        self._cut = self.dark = self.refuses_sockets = False

    def close(self) -> None:
        self._cut = True
        self._listener.close()
        self._reset_all()

    def request(self, chunk: bytes) -> bytes:
        """What the server gets of `chunk`, a piece of what a page sent. Other proxies override this."""
        return chunk

    def _reset_all(self) -> None:
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.reset()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        """Open the far side once the near one speaks, so that a WebSocket is known by its first words."""
        first = b""
        with contextlib.suppress(OSError):
            first = near.recv(65536)
        if UPGRADE in first.lower() and self.refuses_sockets:
            with contextlib.suppress(OSError):
                near.sendall(FORBIDDEN)
            first = b""
        far = socket.socket()
        connection = _Connection(near, far)
        connection.is_socket = UPGRADE in first.lower()
        connection.loses_up = connection.loses_down = self.dark
        with self._lock:
            self._connections.append(connection)
        try:
            if not first or self._cut:
                raise ConnectionAbortedError
            far.connect(("127.0.0.1", self.target))
            if not connection.loses_up:
                far.sendall(self.request(first))
        except OSError:
            connection.reset()
            return
        threading.Thread(target=connection.carry, args=(self, False), daemon=True).start()
        connection.carry(self, True)
