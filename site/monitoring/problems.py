"""What is wrong, as the rows of all processes tell it; each problem is one alert for those who operate the site.

Any process looks, and several may at once: what is wrong follows from the rows, and an open alert's key is unique.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.functions import Now
from django.urls import reverse

from alerts import Role, notify, resolve, role
from alerts.models import Alert
from monitoring.models import Process
from parlour import live

HOLD = 300  # seconds for which what happened once is a problem
KEPT = timedelta(hours=1)  # rows of processes that ended, for the charts
WORDS = {  # by the first word of an alert's key: its title, and what to do
    "process": ("Dead: {row}", "It had pid {row.pid}. Start it again, or dismiss it if it is to stay away."),
    "redis": ("Redis is away", "{row}: {row.counts[redis]}. Pages are up to five seconds late, and jobs wait."),
    "mail": ("Mail does not go out", "{row}: {row.counts[mail]}. It is tried again; look at the mail server."),
    "database": ("The database was away", "{row} could not write to it. It is back; look why it went."),
    "hints_lost": ("Hints get lost", "{row} found what none told of. Pages are late, not wrong: look at Redis."),
    "queue_overflows": ("A page fell behind", "{row} closed it, and it comes back. If there are many: too much load."),
}
EVENTS = ("database", "hints_lost", "queue_overflows")
ALERTS = Alert.objects.filter(kind="problem", audience="operators")


@role("operators")
def operators(people: Collection[Any]) -> Any:
    """Staff who may operate the site."""
    backend = "django.contrib.auth.backends.ModelBackend"
    permitted = get_user_model()._default_manager.with_perm("monitoring.operate", backend=backend)
    return permitted.filter(pk__in=people, is_staff=True)


def look() -> None:
    """Alert of what is wrong now and was not before, resolve what is over, delete old rows."""
    rows = list(Process.objects.filter(ended=None).defer("minutes"))
    living = [row for row in rows if row.state != "dead"]
    for dead in set(rows) - set(living):
        if any(row.name == dead.name and row.started > dead.seen for row in living):
            dismiss(dead.pk)  # another one took its place
            rows.remove(dead)
    wrong = {key: row for row in rows for key in keys(row)}
    known = set(ALERTS.open().values_list("key", flat=True))
    for key in wrong.keys() - known:
        title, advice = (words.format(row=wrong[key]) for words in WORDS[key.partition(".")[0]])
        notify(Role("operators"), "problem", title, advice, reverse("monitoring:status"), key=key)
    for key in known - wrong.keys():
        resolve(kind="problem", key=key)
    if wrong.keys() != known:
        with live.changed(Process):
            pass
    old = Process.objects.filter(ended__lt=Now() - KEPT)
    if old.exists():  # looks first: reading takes no turn among the writers
        old.delete()


def keys(row: Process) -> Iterator[str]:
    """The keys of what is wrong according to this process."""
    if row.state == "dead":
        yield f"process.{row.pk}"
        return
    yield from (name for name in EVENTS if row.counts.get(f"{name}_ago", HOLD) < HOLD)
    if row.counts.get("redis", "ok") != "ok":
        yield "redis"
    if row.counts.get("mail"):
        yield "mail"


def dismiss(pk: int) -> None:
    """Nobody waits for this process any more."""
    with live.changed(Process):
        Process.objects.filter(pk=pk, ended=None).update(ended=Now())
