"""Tasks: functions that run in the background as jobs, by kind."""

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from alerts import Kind
from jobs import progress, transitions
from jobs.models import Job, JobQuerySet
from jobs.progress import Failure, JobContext
from parlour import Stream, log_source

log = logging.getLogger("parlour")
Body = Callable[[JobContext], str | None]
Streams = Callable[[Any], list[Stream]]
known: dict[str, "Task"] = {}


@dataclass
class Task:
    """A function that runs in the background, under the name of a kind."""

    kind: str
    body: Body
    exclusive: bool
    streams: Streams = lambda _: []

    def start(self, owner: Any, title: str, url: str = "", **arguments: Any) -> Job:
        """Queue a job of `owner`, called `title`, which links to `url`; the function is given `arguments` (JSON).

        Inside a transaction it is part of that, and runs after the commit. ValueError for an address that is nobody's.
        """
        return transitions.add(owner=owner, kind=self.kind, title=title, url=url, arguments=arguments)

    def more(self, streams: Streams) -> Streams:
        """Decorate a function of a JobRegion that gives further streams for the page of such a job."""
        self.streams = streams
        return streams


def task(kind: str, label: Any, exclusive: bool = False) -> Callable[[Body], Task]:
    """Decorate a function of a JobContext. Words that it returns are shown when the job is done.

    `label` is what people choose by how they want to hear of such jobs. Of an `exclusive` kind one runs at a time for
    each owner; the next one waits.
    """

    def register(body: Body) -> Task:
        if inspect.iscoroutinefunction(body):
            raise TypeError(f"{body.__name__} has to be a plain function: def {body.__name__}(job).")
        Kind(kind, label).register()
        known[kind] = Task(kind, body, exclusive)
        return known[kind]

    return register


@contextmanager
def job_for(owner: Any, title: str, url: str = "", kind: str = "job") -> Iterator[JobContext]:
    """A job of `owner` around code that something else runs, such as a Celery task of your own.

    It is done when the block ends, and failed if that raises. A job that is cancelled leaves it at its next report.
    """
    with progress.running(transitions.add(title, url, begun=True, owner=owner, kind=kind)) as job:
        yield job


def waiting() -> JobQuerySet:
    """The jobs that can be run now in this process, the longest waiting first; one of an exclusive kind and owner."""
    alike = Job.objects.filter(owner=OuterRef("owner"), kind=OuterRef("kind"), state=Job.State.RUNNING)
    exclusive = [kind for kind, each in known.items() if each.exclusive]
    queued = Job.objects.filter(state=Job.State.QUEUED, kind__in=list(known))
    return queued.exclude(Exists(alike), kind__in=exclusive).order_by("queued", "pk")


def run(pk: int) -> None:
    """Run this job in this thread, if it waits. A message that is forged or comes twice finds none that does."""
    job = None if progress.closing.is_set() else transitions.claim(waiting(), pk)
    if job is None:
        return
    source = log_source.set(f"job {pk}")
    try:
        with progress.running(job) as context:
            result = known[job.kind].body(context)
            context.result = "" if result is None else str(result)
    except Failure:
        pass  # its owner is told
    except BaseException:
        log.exception("job %s (%s, attempt %s) failed", job.pk, job.kind, job.attempt)
    finally:
        log_source.reset(source)
