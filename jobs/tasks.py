"""Tasks: functions that run in the background as jobs, by kind."""

from collections.abc import Callable
from typing import Any

from alerts import Kind
from jobs.context import JobContext
from jobs.models import Job, JobQuerySet
from parlour import Stream

Body = Callable[[JobContext], str | None]
known: dict[str, "Task"] = {}


class Task:
    """A function that runs in the background, under the name of a kind."""

    def __init__(self, kind: str, body: Body, exclusive: bool) -> None:
        self.kind = kind
        self.exclusive = exclusive
        self.body = body
        self.streams: Callable[[Any], list[Stream]] = lambda _: []

    def start(self, owner: Any, title: str, url: str = "", **arguments: Any) -> Job:
        """Queue a job of `owner`, called `title`, which links to `url`; the function is given `arguments` (JSON).

        Inside a transaction it is part of that, and runs after the commit. ValueError for an address that is nobody's.
        """
        return Job.objects.enqueue(owner=owner, kind=self.kind, title=title, url=url, arguments=arguments)

    def more(self, streams: Callable[[Any], list[Stream]]) -> Callable[[Any], list[Stream]]:
        """Decorate a function of a JobRegion that gives further streams for the page of such a job."""
        self.streams = streams
        return streams


def task(kind: str, label: str, exclusive: bool = False) -> Callable[[Body], Task]:
    """Decorate a function of a JobContext. Words that it returns are shown when the job is done.

    `label` is what people choose by how they want to hear of such jobs. Of an `exclusive` kind one runs at a time for
    each owner; the next one waits.
    """

    def register(body: Body) -> Task:
        Kind(kind, label).register()
        known[kind] = Task(kind, body, exclusive)
        return known[kind]

    return register


def waiting() -> JobQuerySet:
    """The jobs that can be run now in this process, the longest waiting first."""
    return Job.objects.waiting(list(known), [kind for kind, each in known.items() if each.exclusive])
