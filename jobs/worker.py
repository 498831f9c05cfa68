"""The runs of this process, and the one thread that writes their progress and renews their leases."""

import atexit
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import monotonic, sleep
from typing import Any

from django.db import close_old_connections, connections

from jobs import tasks
from jobs.context import Cancelled, Failure, JobContext, LeaseLost
from jobs.models import Job
from parlour import Change, Lease, live_write

log = logging.getLogger("parlour")
WRITE = 0.25  # seconds between two writes of progress
CHECK = 1.0  # seconds between two looks at the rows, and two renewals of the leases
TROUBLE = "Something went wrong on our side. What was done so far is kept; you can try again."


class Worker:
    """The runs of one process, which holds their leases under a name of its own."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.runs: set[JobContext] = set()
        self.closed = False
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.changed = threading.Event()

    @contextmanager
    def running(self, run: JobContext) -> Iterator[JobContext]:
        """Keep a run alive and write how it ended. Cancelled and LeaseLost end here, all other exceptions go on."""
        with self.lock:
            self.runs.add(run)
            if self.thread is None:
                self.thread = threading.Thread(target=self._loop, daemon=True, name="jobs-worker")
                self.thread.start()
        state, again = str(Job.State.DONE), True
        try:
            yield run
        except Cancelled:
            state = Job.State.CANCELLED
        except LeaseLost:
            state = ""
        except BaseException as why:
            state, again = Job.State.FAILED, getattr(why, "again", True)
            run.result = str(why) if isinstance(why, Failure) else TROUBLE
            raise
        finally:
            self._finish(run, state, again)

    def close(self) -> None:
        """The process ends: what can be run again goes back to the queue, and nothing is claimed any more."""
        self.closed = True
        runs = [run for run in list(self.runs) if run.job.again]
        for run in runs:
            run.stop = LeaseLost
        try:
            if runs:
                Job.objects.put_back(self.process, runs)
        except Exception:
            log.exception("jobs could not be put back; they stall until their owners try again")

    def _finish(self, run: JobContext, state: str, again: bool) -> None:
        """Write the end, however long it takes: while that fails, nothing else could be run either."""
        for tries in count():
            try:
                Job.objects.finish(self.process, run, state, again)
                break
            except Exception:
                if not tries:
                    log.exception("the end of job %s could not be written; it is tried until it can", run.pk)
                if self.closed:
                    break
                sleep(CHECK)
        with self.lock:
            self.runs.discard(run)
        self.changed.set()

    def _loop(self) -> None:
        checked, failed = monotonic(), False
        while runs := self._current():
            try:
                self._write(runs)
                if monotonic() - checked >= CHECK:
                    checked = monotonic()
                    _renew(self.process, [run for run in runs if run.stop is not LeaseLost])
                    self._check(runs)
                failed = False
            except Exception:
                if not failed:
                    log.exception("progress and leases of jobs could not be written; it is tried until they can")
                failed = True
            close_old_connections()
            self.changed.wait(WRITE)
            self.changed.clear()

    def _current(self) -> list[JobContext]:
        with self.lock:
            if not self.runs:
                self.thread = None
                connections.close_all()
            return list(self.runs)

    def _write(self, runs: list[JobContext]) -> None:
        reports = [(run, progress) for run in runs if (progress := run.unwritten)]
        if reports:
            Job.objects.write_progress(reports)
        for run, progress in reports:
            if run.unwritten is progress:
                run.unwritten = None

    def _check(self, runs: list[JobContext]) -> None:
        rows = Job.objects.in_bulk([run.pk for run in runs])
        for run in runs:
            row = rows.get(run.pk)
            if row is None or (row.attempt, row.state) != (run.attempt, Job.State.RUNNING):
                run.stop = LeaseLost
            elif row.cancelling:
                run.stop = Cancelled


@live_write
def _renew(change: Change, process: str, runs: list[JobContext]) -> None:
    """What was swept while this process was frozen is taken anew for the runs that still own their jobs."""
    if not Lease.objects.renew(process, [run.job.lease for run in runs]):
        owned = [run.job for run in runs if Job.objects.owned_by(run).exists()]
        Lease.objects.take(process, [job.lease for job in owned])
        for job in owned:
            change.touch(job.stream)


current = Worker()
atexit.register(lambda: current.close())
os.register_at_fork(after_in_child=lambda: globals().update(current=Worker()))  # it runs nothing yet


def run(pk: int) -> None:
    """Run this job in this thread if it waits, then tell of its owner's next if that had to wait for it."""
    job = None if current.closed else tasks.waiting().claim(current.process, pk)
    if job is None:
        return
    task = tasks.known[job.kind]
    try:
        with current.running(JobContext(job)) as context:
            context.result = task.body(context) or ""
    except Failure:
        pass  # its owner is told
    except Exception:
        log.exception("job %s (%s, attempt %s) failed", job.pk, job.kind, job.attempt)
    if task.exclusive:
        for after in tasks.waiting().filter(owner=job.owner_id, kind=job.kind)[:1]:
            after.send_queued()


@contextmanager
def job_for(owner: Any, title: str, url: str = "", kind: str = "job") -> Iterator[JobContext]:
    """A job of `owner` around code that something else runs, such as a Celery task of your own.

    It is done when the block ends, and failed if that raises. A job that is cancelled leaves it at its next report.
    """
    job = Job.objects.begin(current.process, owner=owner, kind=kind, title=title, url=url)
    with current.running(JobContext(job)) as context:
        yield context
