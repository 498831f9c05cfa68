"""What daphne lacks for answers: it takes as much as an application sends, however slowly a client reads."""

import asyncio
from typing import Any

from parlour.servers.parts import needs


class Reader:
    """A client that reads, or does not for now; twisted tells."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()

    def pauseProducing(self) -> None:  # noqa: N802  twisted's names
        """Enough waits for it."""
        self.reads.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        """It has read."""
        self.reads.set()

    stopProducing = resumeProducing  # noqa: N815  it has left


@needs(
    "daphne.server:Server handle_reply",
    "daphne.http_protocol:WebRequest registerProducer unregisterProducer .channel .finished",
)
def slow_readers(server: Any, request: Any) -> None:
    """Let an application wait, after each piece of a long answer, until its client has read what came before."""
    hand_on = server.handle_reply
    request.reader = None

    async def handle_reply(self: Any, protocol: Any, message: dict[str, Any]) -> None:
        if isinstance(protocol, request) and message["type"] == "http.response.body":
            _watch(protocol, message.get("more_body", False))
        await hand_on(self, protocol, message)
        if getattr(protocol, "reader", None):
            await protocol.reader.reads.wait()

    server.handle_reply = handle_reply


def _watch(request: Any, more: bool) -> None:
    if request.finished or request.channel is None:
        return
    if more and not request.reader:
        request.reader = Reader()
        request.registerProducer(request.reader, True)
    elif not more and request.reader:
        request.unregisterProducer()
        request.reader = None


PARTS = (slow_readers,)
