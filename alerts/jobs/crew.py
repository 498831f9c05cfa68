"""Threads of this process that carry jobs where there is no broker. There are none while nothing is to be done."""

import logging
import threading

from django.conf import settings
from django.db import connections

log = logging.getLogger("parlour")


class Crew:
    """At most JOB_THREADS threads; each ends when nobody has asked it to look again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads: set[threading.Thread] = set()
        self.wanted = 0

    def hint(self) -> None:
        """Have a thread look for queued jobs."""
        most = getattr(settings, "JOB_THREADS", 2)
        with self.lock:
            self.wanted = min(self.wanted + 1, most)
            if len(self.threads) < most:
                thread = threading.Thread(target=self._work, daemon=True, name="jobs")
                self.threads.add(thread)
                thread.start()

    def rest(self, seconds: float) -> bool:
        """Wait until no thread is left; False if some still work after that time."""
        for thread in list(self.threads):
            thread.join(seconds)
        return not self.threads

    def _work(self) -> None:
        from alerts.jobs.carriers import carry

        try:
            while self._again():
                carry()
        except Exception:
            log.exception("jobs could not be claimed; the next look tries again")
        finally:
            connections.close_all()
            with self.lock:
                self.threads.discard(threading.current_thread())

    def _again(self) -> bool:
        with self.lock:
            if not self.wanted:
                self.threads.discard(threading.current_thread())
                return False
            self.wanted -= 1
            return True


_crew = Crew()
hint, rest = _crew.hint, _crew.rest
