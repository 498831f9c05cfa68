"""What daphne lacks for bodies of requests: it keeps each whole in /tmp, from anybody, and then in memory."""

import io
from typing import Any

from parlour.servers.parts import needs

REQUEST = "daphne.http_protocol:WebRequest"
WAITING = 4  # parts that may wait for an application before its client is no longer read


@needs(
    f"{REQUEST} gotLength handleContentChunk requestReceived process finished .application_queue .content",
    "twisted.web.http:HTTPChannel persistent ._command ._path ._version ._networkProducer ._waitingForTransport",
    "asyncio:Queue _get",
)
def streamed(request: Any, channel: Any, _queue: Any) -> None:
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


PARTS = (streamed,)
