"""Patches of daphne and uvicorn, and what the engine asks of the raw ASGI `send` that they hand out.

What a flag can do is not patched. Start daphne with `--ping-interval 5 --ping-timeout 10`, uvicorn with
`--http httptools --ws websockets-sansio --ws-ping-interval 5 --ws-ping-timeout 10 --ws-max-size 1048576
--ws-per-message-deflate false --timeout-graceful-shutdown 5`. Those parsers are patched, and `--http h11` is not: there
nobody's head has to end, and all requests are read. A deflated flood of 1 MB took 124 MiB of the memory of a socket.
"""

import logging
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import Any

from parlour.contrib.patching import apply

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]


MOST_FILES = 65_536


def apply_patches() -> None:
    """Patch the servers that this process has imported; a second call changes nothing."""
    _open_more_files()
    for server in ("daphne", "uvicorn"):
        if f"{server}.server" in sys.modules:
            for name in ("patches", "http_patches"):
                apply(import_module(f"parlour.contrib.{server}.{name}").PATCHES)


def _open_more_files() -> None:
    """A socket is an open file: let there be as many as the system allows, and not the 1024 that a shell gives."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def text_writer(send: Send) -> Callable[[str], bool] | None:
    """A function that writes one text frame faster than `send`; None where there is none.

    It writes only where no bytes wait, and says whether it did.
    """
    for server in ("daphne", "uvicorn"):
        if f"{server}.server" in sys.modules:
            module = import_module(f"parlour.contrib.{server}.text_writer")
            if writer := module.text_writer(_protocol(send)):
                return writer
    return None


def write_backlog(send: Send) -> int:
    """Bytes the server took for this socket and has not yet given to the kernel; 0 when that cannot be known."""
    transport = _transport(send)
    try:
        if hasattr(transport, "get_write_buffer_size"):
            return transport.get_write_buffer_size()
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    except AttributeError:
        return 0


def abort(send: Send) -> None:
    """Drop the TCP connection now, with all that waits in it; the application still gets its disconnect."""
    transport = _transport(send)
    drop = getattr(transport, "abort", None) or getattr(transport, "abortConnection", None)
    if drop is None:
        log.warning("a socket could not be dropped: its server is neither daphne nor uvicorn")
    else:
        drop()


def _protocol(send: Send) -> Any:
    """The protocol behind a raw ASGI send: daphne binds it as an argument, uvicorn as self."""
    return next(iter(send.args), None) if isinstance(send, partial) else getattr(send, "__self__", None)


def _transport(send: Send) -> Any:
    return getattr(_protocol(send), "transport", None)
