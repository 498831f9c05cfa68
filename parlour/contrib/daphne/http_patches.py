"""Patches for plain HTTP on daphne, which holds bodies whole in memory; uvicorn has backpressure."""

import io
from typing import Any

from parlour.contrib.incoming import idle_connections
from parlour.contrib.patching import requires

REQUEST = "daphne.http_protocol:WebRequest"
WAITING = 4  # chunks of a body that may wait for an application before its client is no longer read


@requires(
    f"{REQUEST} gotLength handleContentChunk requestReceived process finished .application_queue .content",
    "twisted.web.http:HTTPChannel persistent rawDataReceived ._command ._path ._version",
    "twisted.web.http:HTTPChannel ._networkProducer ._waitingForTransport",
    "asyncio:Queue _get",
)
def streamed_body(request: Any, channel: Any, *_others: Any) -> None:
    """Start the application once the headers are there, and hand the body on as it comes."""
    got_length, got_chunk, got_request = request.gotLength, request.handleContentChunk, request.requestReceived
    request.streaming = False

    def gotLength(self: Any, length: int | None) -> None:  # noqa: N802  twisted's names
        got_length(self, length)
        if length != 0 and isinstance(self.channel, channel):
            self.content = io.BytesIO()
            # Until all of the body was read the connection ends with the response.
            self.streaming, self.keep_alive, self.channel.persistent = True, self.channel.persistent, False
            got_request(self, self.channel._command, self.channel._path, self.channel._version)
            _resume_when_empty(self.application_queue, self.channel)
            if length is None:  # decoding many one-byte chunks would block the loop; applications answer with 411
                self.channel.rawDataReceived = _ignore

    def handleContentChunk(self: Any, data: bytes) -> None:  # noqa: N802
        if self.streaming:
            _put(self, data, True)
        else:
            got_chunk(self, data)

    def requestReceived(self: Any, *line: bytes) -> None:  # noqa: N802
        if self.streaming:
            self.channel.persistent = self.keep_alive
            _put(self, b"", False)
        else:
            got_request(self, *line)

    request.gotLength, request.handleContentChunk, request.requestReceived = (
        gotLength,
        handleContentChunk,
        requestReceived,
    )


def _put(request: Any, data: bytes, more: bool) -> None:
    queue = request.application_queue
    if queue and not request.finished:
        queue.put_nowait({"type": "http.request", "body": data, "more_body": more})
        if queue.qsize() > WAITING:
            request.channel._networkProducer.pauseProducing()


def _ignore(data: bytes) -> None:
    pass


def _resume_when_empty(queue: Any, channel: Any) -> None:
    if queue is None:  # daphne itself has refused the request
        return
    queue.get_nowait()  # daphne has put the end of an empty body there
    get = queue._get

    def get_and_resume() -> Any:
        event = get()
        if queue.empty() and not channel._waitingForTransport:
            channel._networkProducer.resumeProducing()
        return event

    queue._get = get_and_resume


@requires(
    "twisted.web.http:HTTPChannel connectionMade dataReceived requestDone connectionLost timeoutConnection line_mode"
)
def timely_requests(channel: Any) -> None:
    """Close a connection whose request does not begin, or whose head does not end, in time."""
    made, received = channel.connectionMade, channel.dataReceived
    done, lost = channel.requestDone, channel.connectionLost

    def connectionMade(self: Any) -> None:  # noqa: N802  twisted's names
        made(self)
        idle_connections.add(self, self.timeoutConnection)

    def dataReceived(self: Any, data: bytes) -> None:  # noqa: N802
        received(self, data)
        if not self.line_mode:  # behind the head
            idle_connections.remove(self)

    def requestDone(self: Any, request: Any) -> None:  # noqa: N802
        done(self, request)
        if self.line_mode:
            idle_connections.add(self, self.timeoutConnection)

    def connectionLost(self: Any, reason: Any) -> None:  # noqa: N802
        idle_connections.remove(self)
        lost(self, reason)

    channel.connectionMade, channel.dataReceived = connectionMade, dataReceived
    channel.requestDone, channel.connectionLost = requestDone, connectionLost


PATCHES = (streamed_body, timely_requests)
