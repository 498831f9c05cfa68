"""Patches for plain HTTP on uvicorn: a request is parsed once the one before it is answered, and begins in time."""

from collections.abc import Callable
from typing import Any

from parlour.contrib.incoming import idle_connections
from parlour.contrib.patching import requires

PROTOCOL = "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol"
CYCLE = "uvicorn.protocols.http.httptools_impl:RequestResponseCycle"

END, MOST_HEAD = b"\r\n\r\n", 64 * 1024  # how a head ends, which is the address and headers of a request; its bytes
LENGTH_REQUIRED = {"type": "http.response.start", "status": 411, "headers": [(b"content-length", b"0")]}


@requires(f"{PROTOCOL} on_headers_complete .headers .parser", "httptools:HttpRequestParser get_http_version")
def strict_heads(protocol: Any, _parser: Any) -> None:
    """Refuse several hosts, or none, and encodings that are not known; cut blanks behind values. h11 does so itself."""
    complete = protocol.on_headers_complete

    def on_headers_complete(self: Any) -> None:
        self.headers[:] = [(name, value.rstrip(b" \t")) for name, value in self.headers]
        hosts = [name for name, _ in self.headers].count(b"host")
        encoding = dict(self.headers).get(b"transfer-encoding", b"chunked").lower()
        if encoding != b"chunked" or hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError("this is no request")  # answered with 400
        complete(self)

    protocol.on_headers_complete = on_headers_complete


@requires(
    f"{PROTOCOL} data_received on_headers_complete on_body on_message_complete on_response_complete send_400_response"
    " _unset_keepalive_if_required .headers .parser .cycle .transport .flow",
    f"{CYCLE} .response_complete",
    "uvicorn.protocols.http.flow_control:FlowControl .read_paused",
    "httptools:HttpRequestParser should_upgrade",
)
def one_request_at_a_time(protocol: Any, *_others: Any) -> None:
    """Parse a head once it is whole and the request before it is answered, then only as much as its body is long.

    uvicorn parses and keeps whatever comes, and takes the body behind an upgrade it does not know for a request.
    """
    parse, head_complete = protocol.data_received, protocol.on_headers_complete
    body_complete, answered = protocol.on_message_complete, protocol.on_response_complete
    protocol.unread, protocol.body_left = b"", 0

    def data_received(self: Any, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self.unread += data
        _read_on(self, parse)

    def on_headers_complete(self: Any) -> None:
        self.body_left = int(dict(self.headers).get(b"content-length", 0))
        head_complete(self)

    def on_message_complete(self: Any) -> None:
        if not self.body_left:
            body_complete(self)

    def on_response_complete(self: Any) -> None:
        answered(self)
        if not self.transport.is_closing():
            self.transport.resume_reading()
            _read_on(self, parse)

    protocol.data_received, protocol.on_headers_complete = data_received, on_headers_complete
    protocol.on_message_complete, protocol.on_response_complete = on_message_complete, on_response_complete


def _read_on(protocol: Any, parse: Callable[[Any, bytes], None]) -> None:
    """Parse what is unread, until a request waits for its answer or another piece is needed."""
    while protocol.unread and not protocol.transport.is_closing():
        if not protocol.body_left and protocol.cycle and not protocol.cycle.response_complete:
            protocol.transport.pause_reading()
            protocol.flow.read_paused = False  # or it would be resumed when the application asks for a body
            return
        size = protocol.body_left or _size_of_head(protocol.unread)
        if size < 0:
            protocol.send_400_response("Invalid HTTP request received.")
        if size <= 0:
            return
        piece, protocol.unread = protocol.unread[:size], protocol.unread[size:]
        _parse_piece(protocol, parse, piece)


def _size_of_head(unread: bytes) -> int:
    """Bytes of the head that it begins with: 0 while that has no end, below 0 when it can be none."""
    size = unread.find(END, 0, MOST_HEAD) + len(END)
    if size >= len(END):
        return size if unread[:1].isalpha() else -1
    return 0 if len(unread) < MOST_HEAD and unread[:1].isalpha() and b"\n\n" not in unread else -1


def _parse_piece(protocol: Any, parse: Callable[[Any, bytes], None], piece: bytes) -> None:
    if protocol.body_left:
        protocol.body_left -= len(piece)
        if protocol.parser.should_upgrade():
            protocol.on_body(piece)
            protocol.on_message_complete()
            return
    parse(protocol, piece)
    if protocol.transport.get_protocol() is not protocol:  # it was a handshake
        protocol.parser, protocol.unread = None, b""  # parser and protocol hold each other, and would outlive thousands


@requires(f"{PROTOCOL} on_headers_complete .headers .cycle", f"{CYCLE} receive send .keep_alive .response_started")
def unread_chunks(protocol: Any, cycle: Any) -> None:
    """Close a connection behind a chunked body, of which nothing is read; an application that asks for it gets 411."""
    complete, receive_now = protocol.on_headers_complete, cycle.receive
    cycle.is_chunked = False

    def on_headers_complete(self: Any) -> None:
        complete(self)
        if self.cycle and b"transfer-encoding" in dict(self.headers):
            self.cycle.is_chunked, self.cycle.keep_alive = True, False

    async def receive(self: Any) -> Any:
        if self.is_chunked and not self.response_started:
            await self.send(LENGTH_REQUIRED)
            await self.send({"type": "http.response.body"})
        return await receive_now(self)

    protocol.on_headers_complete, cycle.receive = on_headers_complete, receive


@requires(
    f"{PROTOCOL} handle_websocket_upgrade .transport",
    "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol .conn",
    "websockets.server:ServerProtocol data_to_send .handshake_exc",
)
def unanswered_handshakes(protocol: Any, socket: Any, _connection: Any) -> None:
    """End a connection whose handshake the parser of sockets refuses: uvicorn leaves it open, for ever."""
    upgrade = protocol.handle_websocket_upgrade

    def handle_websocket_upgrade(self: Any) -> None:
        upgrade(self)
        its = self.transport.get_protocol()
        if isinstance(its, socket) and its.conn.handshake_exc:
            self.transport.write(b"".join(its.conn.data_to_send()))
            self.transport.close()

    protocol.handle_websocket_upgrade = handle_websocket_upgrade


@requires(f"{PROTOCOL} connection_made on_headers_complete on_response_complete connection_lost .transport")
def timely_requests(protocol: Any) -> None:
    """Close a connection whose request does not begin, or whose head does not end, in time."""
    made, complete = protocol.connection_made, protocol.on_headers_complete
    answered, lost = protocol.on_response_complete, protocol.connection_lost

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        idle_connections.add(self, transport.close)

    def on_headers_complete(self: Any) -> None:
        complete(self)
        idle_connections.remove(self)

    def on_response_complete(self: Any) -> None:
        idle_connections.add(self, self.transport.close)
        answered(self)

    def connection_lost(self: Any, error: Exception | None) -> None:
        idle_connections.remove(self)
        lost(self, error)

    protocol.connection_made, protocol.on_headers_complete = connection_made, on_headers_complete
    protocol.on_response_complete, protocol.connection_lost = on_response_complete, connection_lost


PATCHES = (strict_heads, one_request_at_a_time, unread_chunks, unanswered_handshakes, timely_requests)
