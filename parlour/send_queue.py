"""What waits to go to one page. It is bounded: a page that reads too slowly is sent away to come back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
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
        try:
            if self.task is None and self.write_now is not None and self.write_now(text):
                return True
        except Exception as error:
            self._lost(error)
            return not self.failed
        self.waiting.append(text)
        self.bytes += len(text) if text.isascii() else len(text.encode(errors="replace"))
        self.task = self.task or asyncio.get_running_loop().create_task(self._drain())
        return self._fits()

    def _fits(self) -> bool:
        unread = self.bytes + contrib.write_backlog(self.send)
        if len(self.waiting) <= conf.QUEUE_FRAMES and unread <= conf.QUEUE_BYTES:
            return not self.failed
        metrics.OVERFLOWS.inc()
        return False

    async def _drain(self) -> None:
        try:
            while self.waiting and not self.closed:
                frame = {"type": "websocket.send", "text": "".join(self.waiting)}
                self.waiting, self.bytes = [], 0
                await self.send(frame)
        except Exception as error:
            self._lost(error)
        self.task = None

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
