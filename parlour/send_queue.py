"""What waits to go to one page. It is bounded: a page that reads too slowly is sent away to come back."""

import asyncio
import logging
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from parlour import contrib, metrics
from parlour.conf import conf

log = logging.getLogger("parlour")
Send = Callable[[dict[str, Any]], Awaitable[None]]
LINGER = 2.0  # seconds a close frame may take to leave before the connection is dropped


class SendQueue:
    """Frames to one socket, in order. What arrives while the socket is busy goes out as one frame."""

    __slots__ = ("bytes", "closed", "failed", "send", "task", "waiting", "write_now")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.write_now: Callable[[str], bool] | None = None
        self.waiting: list[str] = []
        self.bytes = 0
        self.task: asyncio.Task[None] | None = None
        self.closed = False
        self.failed = False

    async def accept(self) -> None:
        """Answer the handshake."""
        await self.send({"type": "websocket.accept"})
        self.write_now = contrib.text_writer(self.send)

    def put(self, text: str) -> bool:
        """Send `text`, at once if the socket is free. False: the page fell behind, and nothing more is taken."""
        if self.closed:
            return True
        if self.task is None and self.write_now is not None and self.write_now(text):
            return True
        self.waiting.append(text)
        self.bytes += len(text) if text.isascii() else len(text.encode(errors="replace"))
        if self.task is None:
            self._flush()
        return self._fits()

    def _fits(self) -> bool:
        unread = self.bytes + contrib.write_backlog(self.send)
        if len(self.waiting) <= conf.QUEUE_FRAMES and unread <= conf.QUEUE_BYTES:
            return not self.failed
        metrics.OVERFLOWS.inc()
        return False

    def _flush(self) -> None:
        """Drive the server's send by hand: a task for each frame and page would cost more than the frame."""
        frame = {"type": "websocket.send", "text": "".join(self.waiting)}
        self.waiting, self.bytes = [], 0
        sending = _coroutine(self.send(frame))
        try:
            pending = sending.send(None)
        except StopIteration:
            return
        except Exception as error:
            self._lost(error)
            return
        self.task = asyncio.get_running_loop().create_task(self._finish(sending, pending))

    async def _finish(self, sending: Coroutine[Any, Any, None], pending: Any) -> None:
        try:
            await _resumed(sending, pending)
        except Exception as error:
            self._lost(error)
        self.task = None
        if self.waiting and not self.closed:
            self._flush()

    def _lost(self, error: Exception) -> None:
        """The page left, which its receive loop will say; or a frame could not be sent, and it must come back."""
        if isinstance(error, OSError):
            self.closed = True
        else:
            log.error("a frame could not be sent", exc_info=error)
            self.failed = True

    async def close(self, code: int) -> None:
        """Send what waits, then the close code; drop the connection if the page does not take them."""
        self.closed = True
        try:
            async with asyncio.timeout(LINGER):
                if self.task is not None:
                    await self.task
                if self.waiting:
                    await self.send({"type": "websocket.send", "text": "".join(self.waiting)})
                await self.send({"type": "websocket.close", "code": code})
        except TimeoutError:
            contrib.abort(self.send)
        except Exception as error:
            self._lost(error)


def _coroutine(sending: Awaitable[None]) -> Coroutine[Any, Any, None]:
    return sending if asyncio.iscoroutine(sending) else _awaited(sending)


async def _awaited(sending: Awaitable[None]) -> None:
    await sending


@types.coroutine
def _resumed(sending: Coroutine[Any, Any, None], pending: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine whose first step was taken outside any task."""
    while True:
        try:
            sent = yield pending
        except BaseException as error:
            pending = sending.throw(error)
            continue
        try:
            pending = sending.send(sent)
        except StopIteration:
            return
