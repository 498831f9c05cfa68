"""Leases: a process says that something is so, and goes on saying it, or it is no longer so.

Whoever holds a seat renews it in one batch a process. What a dead process left runs out, any process sweeps it, and
the head of the place's name moves: open pages are told by themselves.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from parlour.changes import Change, deed
from parlour.conf import conf
from parlour.models import Lease

Seat = tuple[str, str]  # (name, holder): a place and who is in it


def living(*names: str) -> QuerySet[Lease]:
    """The leases that hold now in these places."""
    return Lease.objects.filter(name__in=names, expires__gt=timezone.now())


def take(process: str, seats: Collection[Seat]) -> None:
    """Hold these seats from now on, in the transaction that is open; who held one already holds it anew."""
    until = _until()
    Lease.objects.bulk_create(
        [Lease(name=name, holder=holder, process=process, expires=until) for name, holder in sorted(seats)],
        update_conflicts=True,
        unique_fields=["name", "holder", "process"],
        update_fields=["expires"],
    )


def give_up(process: str, seats: Collection[Seat]) -> None:
    """Hold these no longer."""
    for name, holder in seats:
        Lease.objects.filter(name=name, holder=holder, process=process).delete()


def renew(process: str, held: Collection[Seat]) -> bool:
    """Say for everything held at once that it is still so. False: some of it was swept while the process was frozen."""
    return not held or Lease.objects.filter(process=process).update(expires=_until()) >= len(held)


def swept() -> None:
    """End leases that ran out, whoever held them. Looks first: a look takes no turn among the writers."""
    if Lease.objects.filter(expires__lte=timezone.now()).exists():
        sweep()


@deed
def sweep(change: Change) -> None:
    """End leases that ran out and touch their places."""
    ended = Lease.objects.filter(expires__lte=timezone.now())
    places = set(ended.values_list("name", flat=True))
    ended.delete()
    for name in places:
        change.touch(name)


def _until() -> datetime:
    return timezone.now() + timedelta(seconds=conf.LEASE)
