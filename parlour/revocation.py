"""Rights that end: every socket of a person asks again whether it may stay."""

from parlour.changes import Change, live_write


def guard(person: object) -> str:
    """The head that moves when the rights of the person with this primary key may have changed."""
    return f"rights.{person}"


@live_write
def revoke(change: Change, *people: object) -> None:
    """Have the pages of these people (primary keys) authorised anew, in all processes, within two seconds.

    Call it after whatever took the right away: a sign-out, a ban, a removal, a changed password.
    """
    for person in people:
        change.touch(guard(person))
