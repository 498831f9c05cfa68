"""What the servers lack for bodies of requests.

daphne keeps each whole in /tmp, from anybody, and then in memory. Both decode a chunked body on the loop, many
thousand chunks of a byte at a stretch: here none is read, and applications are to answer one with 411.
"""

import io
from typing import Any

from parlour.servers.parts import needs

REQUEST = "daphne.http_protocol:WebRequest"
UVICORN = "uvicorn.protocols.http.h11_impl:H11Protocol"
WAITING = 4  # parts that may wait for an application before its client is no longer read


@needs(
    f"{REQUEST} gotLength handleContentChunk requestReceived process finished .application_queue .content",
    "twisted.web.http:HTTPChannel persistent ._transferDecoder ._command ._path ._version",
    "twisted.web.http:HTTPChannel ._networkProducer ._waitingForTransport",
    "asyncio:Queue _get",
)
def streamed(request: Any, channel: Any, *_others: Any) -> None:
    """Start the application once the headers are there, and hand the body on as it comes."""
    got_length, received, chunk = request.gotLength, request.requestReceived, request.handleContentChunk
    request.streaming = False

    def got_headers(self: Any, length: int | None) -> None:
        got_length(self, length)
        if length != 0 and isinstance(self.channel, channel):
            self.content = io.BytesIO()
            self.streaming, self.lasting, self.channel.persistent = True, self.channel.persistent, False
            received(self, self.channel._command, self.channel._path, self.channel._version)
            _begin(self)
            if length is None:
                self.channel._transferDecoder = Unheard()

    def got_part(self: Any, data: bytes) -> None:
        if self.streaming:
            _hand_on(self, data, True)
        else:
            chunk(self, data)

    def got_all(self: Any, *line: bytes) -> None:
        if self.streaming:
            self.channel.persistent = self.lasting
            _hand_on(self, b"", False)
        else:
            received(self, *line)

    request.gotLength, request.handleContentChunk, request.requestReceived = got_headers, got_part, got_all


@needs(f"{REQUEST} handle_reply .channel", "twisted.web.http:HTTPChannel persistent")
def said_to_close(request: Any, _channel: Any) -> None:
    """Close a line when an answer says so: daphne answers the next request on it."""
    reply = request.handle_reply

    def handle_reply(self: Any, message: dict[str, Any]) -> None:
        if (b"connection", b"close") in message.get("headers", ()) and self.channel:
            self.lasting = self.channel.persistent = False
        reply(self, message)

    request.handle_reply = handle_reply


class Unheard:
    """Decodes nothing."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  twisted's name
        """Throws it away."""


@needs(f"{UVICORN} data_received handle_events .conn .headers", "h11:Connection next_event", "h11:PAUSED")
def unchunked(protocol: Any, connection: Any, paused: Any) -> None:
    """Stop reading behind the headers of a chunked body."""
    begin = protocol.__init__

    def started(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        following = self.conn.next_event

        def next_event() -> Any:
            chunked = self.headers and any(name == b"transfer-encoding" for name, _ in self.headers)
            return paused if chunked else following()

        self.conn.next_event = next_event

    protocol.__init__ = started


def _begin(request: Any) -> None:
    """Read on whenever the application has taken all there is."""
    queue, channel = request.application_queue, request.channel
    if queue is None:  # refused by daphne itself
        return
    queue.get_nowait()  # daphne has put the end of a body that has not begun; the application has not run yet
    take = queue._get

    def get() -> Any:
        event = take()
        if queue.empty() and not channel._waitingForTransport:
            channel._networkProducer.resumeProducing()
        return event

    queue._get = get


def _hand_on(request: Any, data: bytes, more: bool) -> None:
    queue = request.application_queue
    if queue is None or request.finished:
        return
    queue.put_nowait({"type": "http.request", "body": data, "more_body": more})
    if queue.qsize() > WAITING:
        request.channel._networkProducer.pauseProducing()


FOR_DAPHNE, FOR_UVICORN = (streamed, said_to_close), (unchunked,)
