"""Waiting for a file's lock, but not for ever: flock itself knows no end."""

import fcntl
import os
import threading


def taken(file: int, seconds: float) -> bool:
    """Lock an open file within so many seconds. False: it could not be had, and the file is the caller's no more."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _Waiter(file).within(seconds)
    return True


class _Waiter(threading.Thread):
    """Stands in the kernel's line on somebody's behalf. A lock that comes too late is given back with its file."""

    def __init__(self, file: int) -> None:
        super().__init__(daemon=True, name="parlour-queue")
        self.file = file
        self.settling = threading.Lock()
        self.taken = self.given_up = False

    def run(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)
        with self.settling:
            self.taken = True
            if self.given_up:
                os.close(self.file)

    def within(self, seconds: float) -> bool:
        self.start()
        self.join(seconds)
        with self.settling:
            self.given_up = not self.taken
        return self.taken
