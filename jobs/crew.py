"""Threads that do what they are asked for and end: there are none while nothing is to be done."""

import logging
import threading
from collections.abc import Callable

from django.db import connections

PILE = 20  # hints that are kept; more say nothing new
log = logging.getLogger("parlour")


class Crew:
    """At most `most` threads. They do `work` once for each hint, and end when none is left."""

    def __init__(self, work: Callable[[], None], most: int) -> None:
        self.work = work
        self.most = most
        self.lock = threading.Lock()
        self.wanted = 0
        self.serving = 0
        self.threads: set[threading.Thread] = set()  # until they have tidied up

    def hint(self) -> None:
        """Have a thread do it. Returns at once."""
        with self.lock:
            self.wanted = min(self.wanted + 1, PILE)
            if self.serving < self.most:
                self.serving += 1
                thread = threading.Thread(target=self._serve, daemon=True, name="jobs")
                self.threads.add(thread)
                thread.start()

    def rest(self, seconds: float) -> bool:
        """Wait until no thread is left; False if some still work after that time."""
        for thread in list(self.threads):
            thread.join(seconds)
        return not self.threads

    def _serve(self) -> None:
        try:
            while self._again():
                self.work()
        except Exception:
            log.exception("a thread for jobs failed; the next look starts another")
            with self.lock:
                self.serving -= 1
        finally:
            connections.close_all()
            self.threads.discard(threading.current_thread())

    def _again(self) -> bool:
        with self.lock:
            if self.wanted:
                self.wanted -= 1
                return True
            self.serving -= 1
            return False
