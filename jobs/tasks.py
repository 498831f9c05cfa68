"""Tasks: the bodies of jobs, by kind."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from alerts.kinds import Kind
from alerts.telling import checked
from jobs.models import Job
from jobs.running import Running
from parlour import Change, Stream, clean, live_write

Body = Callable[[Running], str | None]
Beside = Callable[[Any], list[Stream]]
_known: dict[str, "Task"] = {}


class Task:
    """A body that is carried in the background, under the name of a kind."""

    def __init__(self, kind: str, body: Body, alone: bool, resumes: bool) -> None:
        self.kind = kind
        self.alone = alone
        self.resumes = resumes
        self.body = body
        self.beside: Beside | None = None

    def start(self, owner: Any, title: str, url: str = "", **arguments: Any) -> Job:
        """Queue a job of `owner`, called `title`, which links to `url`; its body is given `arguments` (JSON).

        Inside a transaction it is part of that, and is carried after the commit. ValueError for an address that is
        nobody's.
        """
        return _start(self, owner, title, url, arguments)

    def more(self, beside: "Beside") -> "Beside":
        """Decorate a function of a JobRegion that gives further streams for the page of such a job."""
        self.beside = beside
        return beside


def task(kind: str, label: str, alone: bool = False, resumes: bool = False) -> Callable[[Body], Task]:
    """Decorate a body. `label` is what people choose by how they want to hear of such jobs.

    With `alone` one of them runs at a time for each owner; the next one waits. With `resumes` it goes on where it was
    when it is run again, so a long one lets other owners' jobs go before.
    """

    def known(body: Body) -> Task:
        Kind(kind, label).register()
        _known[kind] = Task(kind, body, alone, resumes)
        return _known[kind]

    return known


def kinds() -> list[str]:
    """The kinds that can be carried here."""
    return list(_known)


def alone() -> list[str]:
    """The kinds of which each owner has one running at a time."""
    return [kind for kind, each in _known.items() if each.alone]


def resuming() -> list[str]:
    """The kinds that go on where they were when they are run again."""
    return [kind for kind, each in _known.items() if each.resumes]


def beside(kind: str, region: Any) -> list[Stream]:
    """What a job of this kind shows besides its bar."""
    found = _known[kind].beside if kind in _known else None
    return found(region) if found else []


def body(kind: str) -> Body:
    """The body of a job of this kind. KeyError for a kind nobody registered here."""
    return _known[kind].body


@live_write
def _start(change: Change, task: Task, owner: Any, title: str, url: str, arguments: dict[str, Any]) -> Job:
    from jobs.carriers import hint

    title = clean(title)[:200]
    if not title:
        raise ValueError("A job needs a title.")
    job = Job.objects.create(owner=owner, kind=task.kind, title=title, url=checked(url), arguments=arguments)
    change.touch(job.stream)
    transaction.on_commit(hint, robust=True)
    return job
