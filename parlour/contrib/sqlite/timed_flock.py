"""An exclusive flock with a timeout: the system call has none."""

import fcntl
import os
import threading


def timed_flock(file: int, seconds: float) -> bool:
    """Lock an open file within so many seconds. False: it was not to be had, and the file must not be used again."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _Waiter(file).wait(seconds)
    return True


class _Waiter(threading.Thread):
    """Waits in the kernel's queue for its caller. A lock that comes too late is released by closing the file."""

    def __init__(self, file: int) -> None:
        super().__init__(daemon=True, name="parlour-flock")
        self.file = file
        self.deciding = threading.Lock()
        self.locked = self.given_up = False

    def run(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)
        with self.deciding:
            self.locked = True
            if self.given_up:
                os.close(self.file)

    def wait(self, seconds: float) -> bool:
        self.start()
        self.join(seconds)
        with self.deciding:
            self.given_up = not self.locked
        return self.locked
