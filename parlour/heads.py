"""Heads: how far each stream has come, read and raised in one place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from django.db import connection

from parlour.models import Head


def take(streams: Sequence[str]) -> tuple[dict[str, int], Iterator[int]]:
    """A number for each of these streams, in their order, and the heads as they then stand; locked until the commit."""
    wanted = Counter(streams)
    names = sorted(wanted)
    if not names:
        return {}, iter(())
    values = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO parlour_head (name, seq) VALUES {values} "  # noqa: S608  the values are placeholders
            "ON CONFLICT (name) DO UPDATE SET seq = parlour_head.seq + excluded.seq RETURNING name, seq",
            [part for name in names for part in (name, wanted[name])],
        )
        raised = dict(cursor.fetchall())
    turn = {name: iter(range(raised[name] - wanted[name] + 1, raised[name] + 1)) for name in names}
    return raised, (next(turn[name]) for name in streams)


def read(names: Iterable[str]) -> dict[str, int]:
    """How far each stream has come; a stream nobody has written to is at 0."""
    known = dict(Head.objects.filter(name__in=list(names)).values_list("name", "seq"))
    return {name: known.get(name, 0) for name in names}
