"""Leases: a process says that something is so, and goes on saying it, or it is no longer so.

Whoever holds a seat renews it in one batch a process. What a dead process left runs out, any process sweeps it, and
the head of the place's name moves: open pages are told by themselves.
"""

from django.utils import timezone

from parlour.changes import Change, live_write
from parlour.models import Lease

Seat = tuple[str, str]  # (name, holder): a place and who is in it


def swept() -> None:
    """End leases that ran out, whoever held them. Looks first: a look takes no turn among the writers."""
    if Lease.objects.filter(expires__lte=timezone.now()).exists():
        sweep()


@live_write
def sweep(change: Change) -> None:
    """End leases that ran out and touch their places."""
    ended = Lease.objects.filter(expires__lte=timezone.now())
    places = set(ended.values_list("name", flat=True))
    ended.delete()
    for name in places:
        change.touch(name)
