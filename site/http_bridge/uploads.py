"""Large bodies, from those who may send them: in a file without a name on the way in, never whole in memory."""

import asyncio
import contextlib
import errno
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from typing import IO, Any

from django.conf import settings
from django.utils.module_loading import import_string

from http_bridge import disk
from http_bridge.bodies import LARGEST_BODY, Incoming, Unread, crowded, too_large, whose
from parlour.database import run
from parlour.handshake import visitor

EACH = 2  # at a time by one person
NEAR = 3  # from one neighbourhood
ALL = 8
FULL = (errno.ENOSPC, errno.EDQUOT)


def is_large(scope: Any, incoming: Incoming) -> bool:
    """Whether this is more than memory takes, at an address in LARGE_BODIES: {path: (gate, bytes of the largest file)}.

    A gate is the dotted name of a function that says whether a signed-in person may send there.
    """
    return incoming.length > LARGEST_BODY and scope["method"] == "POST" and scope["path"] in settings.LARGE_BODIES


class Uploads:
    """Who is sending, by primary key, and from where."""

    def __init__(self) -> None:
        self.sending: Counter[int] = Counter()
        self.near: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def taken(self, scope: Any, incoming: Incoming) -> AsyncIterator[IO[bytes]]:
        """A body as a file, which is gone once it is answered. Raises Unread with the reason in words; Left."""
        gate, limit = settings.LARGE_BODIES[scope["path"]]
        person, whence = await run(_admitted, scope, gate), whose(scope)
        self._judge(person, whence, incoming.length, limit)
        self.sending[person.pk] += 1
        self.near[whence] += 1
        try:
            file: IO[bytes] = await asyncio.to_thread(_nameless_file)
            try:
                await _fill(file, incoming)
                yield file
            finally:
                await asyncio.to_thread(file.close)
        finally:
            self.sending -= Counter({person.pk: 1})
            self.near -= Counter({whence: 1})

    def _judge(self, person: Any, whence: str, length: int, limit: int) -> None:
        if length > limit + LARGEST_BODY:  # the form around a file has bytes of its own
            raise too_large(limit)
        if self.sending[person.pk] >= EACH:
            words = "Wait until one of them has arrived, then send this one."
            raise Unread(429, f"You are sending {EACH} files already", words, wait=30)
        if self.near[whence] >= NEAR or self.sending.total() >= ALL:
            raise crowded()
        if room() < 2 * length:  # Django copies a file out of the form it came in
            raise disk_full()


def _admitted(scope: Any, gate: str) -> Any:
    person = visitor(scope).person
    if not person.is_authenticated:
        raise Unread(403, "We do not know who you are", "Sign in, then send it again. Nothing of it was kept.")
    if not import_string(gate)(person):
        raise Unread(403, "This is not open to you", "You may not send files here. Nothing of it was kept.")
    return person


async def _fill(file: IO[bytes], incoming: Incoming) -> None:
    try:
        async for part in incoming.parts():
            await asyncio.to_thread(_write, file, part)
        await asyncio.to_thread(file.flush)
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        raise disk_full() from None


def _nameless_file() -> IO[bytes]:
    return tempfile.TemporaryFile(dir=settings.UPLOADS)


def _write(file: IO[bytes], part: bytes) -> None:
    if room() < len(part):
        raise OSError(errno.ENOSPC, "what is left is kept for the database")
    file.write(part)


def room() -> int:
    """Bytes that may still be written."""
    return disk.room(settings.UPLOADS)


def disk_full() -> Unread:
    """For a person; it waits for somebody who runs this place."""
    words = "Nothing of it was kept. Somebody who runs this place must make room; then send it again."
    return Unread(507, "The disk here is nearly full", words)
