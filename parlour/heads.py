"""Heads: how far each stream has come, read and raised in one place."""

from collections.abc import Iterable, Mapping

from django.db import connection

from parlour.models import Head


def bump(wanted: Mapping[str, int]) -> dict[str, int]:
    """Create, lock and raise heads, in the order of their names. Returns `{name: seq}` as they now stand."""
    names = sorted(wanted)
    values = ", ".join(["(%s, %s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO parlour_head (name, seq) VALUES {values} "  # noqa: S608  the values are placeholders
            "ON CONFLICT (name) DO UPDATE SET seq = parlour_head.seq + excluded.seq RETURNING name, seq",
            [part for name in names for part in (name, wanted[name])],
        )
        return dict(cursor.fetchall())


def read(names: Iterable[str]) -> dict[str, int]:
    """How far each stream has come; a stream nobody has written to is at 0."""
    known = dict(Head.objects.filter(name__in=list(names)).values_list("name", "seq"))
    return {name: known.get(name, 0) for name in names}
