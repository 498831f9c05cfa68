"""Patches for plain HTTP on uvicorn: nothing is read that cannot be answered yet, and a request begins in time."""

import weakref
from typing import Any

from parlour.contrib.incoming import idle_connections
from parlour.contrib.patching import requires

PROTOCOL = "uvicorn.protocols.http.h11_impl:H11Protocol"


@requires(
    f"{PROTOCOL} data_received handle_events .conn .headers",
    "h11:Connection next_event",
    "h11:PAUSED",
)
def unread_chunks(protocol: Any, connection: Any, paused: Any) -> None:
    """Stop reading behind the headers of a chunked body: an application is to answer it with 411.

    h11 decodes on the loop, many thousand one-byte chunks at once.
    """
    init = protocol.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(self, *args, **kwargs)
        this, conn = weakref.proxy(self), weakref.proxy(self.conn)  # a cycle would outlive a thousand handshakes

        def next_event() -> Any:
            chunked = this.headers and any(name == b"transfer-encoding" for name, _ in this.headers)
            return paused if chunked else connection.next_event(conn)

        self.conn.next_event = next_event

    protocol.__init__ = __init__


@requires(
    "uvicorn.protocols.http.flow_control:FlowControl resume_reading ._transport",
    f"{PROTOCOL} .conn .cycle",
    "uvicorn.protocols.http.h11_impl:RequestResponseCycle .response_complete",
    "h11:DONE",
)
def pipelined_requests(flow: Any, _protocol: Any, _cycle: Any, done: Any) -> None:
    """Read no further requests while one waits for its response; uvicorn reads on whenever its body is asked for."""
    resume = flow.resume_reading

    def resume_reading(self: Any) -> None:
        protocol = self._transport.get_protocol()
        cycle = getattr(protocol, "cycle", None)
        if cycle is None or cycle.response_complete or protocol.conn.their_state is not done:
            resume(self)

    flow.resume_reading = resume_reading


@requires(
    f"{PROTOCOL} connection_made data_received on_response_complete connection_lost .conn .transport",
    "h11:IDLE",
)
def timely_requests(protocol: Any, idle: Any) -> None:
    """Close a connection whose request does not begin, or whose head does not end, in time."""
    made, received = protocol.connection_made, protocol.data_received
    completed, lost = protocol.on_response_complete, protocol.connection_lost

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        idle_connections.add(self, transport.close)

    def data_received(self: Any, data: bytes) -> None:
        received(self, data)
        if self.conn.their_state is not idle:
            idle_connections.remove(self)

    def on_response_complete(self: Any) -> None:
        completed(self)
        if self.conn.their_state is idle and not self.transport.is_closing():
            idle_connections.add(self, self.transport.close)

    def connection_lost(self: Any, error: Exception | None) -> None:
        idle_connections.remove(self)
        lost(self, error)

    protocol.connection_made, protocol.data_received = connection_made, data_received
    protocol.on_response_complete, protocol.connection_lost = on_response_complete, connection_lost


PATCHES = (unread_chunks, pipelined_requests, timely_requests)
