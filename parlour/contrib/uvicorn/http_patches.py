"""A patch for plain HTTP on uvicorn: h11 decodes a chunked body on the loop, many thousand one-byte chunks at once."""

from typing import Any

from parlour.contrib.patching import requires


@requires(
    "uvicorn.protocols.http.h11_impl:H11Protocol data_received handle_events .conn .headers",
    "h11:Connection next_event",
    "h11:PAUSED",
)
def unread_chunks(protocol: Any, _connection: Any, paused: Any) -> None:
    """Stop reading behind the headers of a chunked body: an application is to answer it with 411."""
    init = protocol.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(self, *args, **kwargs)
        following = self.conn.next_event

        def next_event() -> Any:
            chunked = self.headers and any(name == b"transfer-encoding" for name, _ in self.headers)
            return paused if chunked else following()

        self.conn.next_event = next_event

    protocol.__init__ = __init__


PATCHES = (unread_chunks,)
