"""A page that introduces itself and then does not read, until it is asked to."""

import json
import socket
import time

from websockets.client import ClientProtocol
from websockets.typing import Origin
from websockets.uri import parse_uri

from .http_client import HttpClient

SMALL = 4096  # bytes its kernel takes in before the server's own buffers fill


class StalledReader:
    """A socket of a room whose bytes are left where they are; `read_on` reads them after all."""

    def __init__(self, client: HttpClient, slug: str) -> None:
        address = f"{client.url.replace('http', 'ws', 1)}/ws/rooms/{slug}/"
        self._protocol = ClientProtocol(parse_uri(address), origin=Origin(client.url))
        self._connection = socket.socket()
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self._connection.settimeout(15)
        self._connection.connect(("127.0.0.1", int(client.url.rpartition(":")[2])))
        request = self._protocol.connect()
        request.headers["Cookie"] = client.cookies
        self._protocol.send_request(request)
        self._post()
        while not self._protocol.events_received():
            self._protocol.receive_data(self._connection.recv(SMALL))
        assert self._protocol.handshake_exc is None, self._protocol.handshake_exc
        self._protocol.send_text(json.dumps({"kind": "hello"}).encode())
        self._post()

    def read_on(self, within: float = 30.0) -> int:
        """Read after all, until the server ends it: its close code, 1006 for none; 0 if it stays open."""
        self._connection.settimeout(0.5)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                data = self._connection.recv(1 << 20)
                self._protocol.receive_data(data)
                self._protocol.events_received()
                self._post()  # answers to pings
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if self._protocol.close_rcvd:
                return self._protocol.close_rcvd.code
            if not data:
                return 1006
        return 0

    def leave(self) -> None:
        self._connection.close()

    def _post(self) -> None:
        self._connection.sendall(b"".join(self._protocol.data_to_send()))
