"""Audiences: one person, everybody with a role, or whoever an app says.

An audience has a name. One alert is stored for an audience, however many people belong to it, and who belongs is asked
when a bell is shown: whoever joins the staff tomorrow sees what is open today. The name up to a "/" is the stream
that moves: "user.7/room.5" is for person 7, moves "user.7", and is shown only while that person belongs to "room.5".
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import CharField, IntegerField, QuerySet, Value

Find = Callable[[Collection[Any]], Iterable[tuple[Any, Any]]]
_sources: list[tuple[str, Find, Any]] = []
_roles: set[str] = set()
_PLACEHOLDER = 2**31 - 5  # nobody's primary key, lawful as a number and as a UUID


class Role(NamedTuple):
    """Everybody with a role. `staff` is everybody with `is_staff`."""

    name: str

    @property
    def audience(self) -> str:
        """Raises ValueError for a role that does not exist: nobody would ever see the alert."""
        if self.name not in _roles:
            raise ValueError(f"There is no role {self.name!r}; there are {sorted(_roles)}.")
        return self.name


def person(pk: object, within: str = "") -> str:
    """The audience of one person. With `within`, only while an audience source gives that audience."""
    return f"user.{pk}/{within}" if within else f"user.{pk}"


def stream(audience: str) -> str:
    """The name of the stream that moves when this audience gets an alert."""
    return audience.partition("/")[0]


def may_be_of(audience: str, pk: object) -> bool:
    """Whether an alert to this audience may reach this person: not if it is for another one alone."""
    return stream(audience) == person(pk) or not audience.startswith("user.")


def audience_source(pattern: str, keep: Find | None = None) -> Callable[[Find], Find]:
    """Decorate a function that gives pairs `(person, id)` for the primary keys of people: who belongs to what.

    Of the pairs that are found, if there are any, those count that `keep` returns.

    `pattern` makes the audience's name of them: "members.{id}". A queryset whose `id` is text costs no query of its
    own: all querysets are asked as one. Nothing but the primary keys may decide how it is built.
    """

    def register(find: Find) -> Find:
        _sources.append((pattern, find, keep))
        return find

    return register


def role(name: str) -> Callable[[Callable[[Collection[Any]], Any]], Callable[[Collection[Any]], Any]]:
    """Decorate a function that gives those of the primary keys it gets who have this role: people of a queryset."""

    def register(find: Callable[[Collection[Any]], Any]) -> Callable[[Collection[Any]], Any]:
        _roles.add(name)
        audience_source(name)(lambda people: find(people).values_list("pk", Value("", CharField())))
        return find

    return register


@role("staff")
def staff(people: Collection[Any]) -> Any:
    """Everybody with `is_staff`."""
    return get_user_model()._default_manager.filter(pk__in=people, is_staff=True, is_active=True)


def of(people: Collection[Any]) -> Mapping[Any, list[str]]:
    """The audiences each of these people (primary keys) belongs to now, their own first. One query."""
    names = {pk: [person(pk)] for pk in people}
    rows, others = _of_one(*people) if len(people) == 1 else _of_many(people)
    found: dict[int, Any] = {n: _sources[n][1](people) for n in others}
    for pk, belongs_to, n in rows:
        found.setdefault(n, []).append((pk, belongs_to))
    for n, pairs in found.items():
        pattern, _, keep = _sources[n]
        for pk, belongs_to in keep(pairs) if keep else pairs:
            names[pk].append(pattern.format(person=pk, id=belongs_to))
    return names


def _of_many(people: Collection[Any]) -> tuple[Any, list[int]]:
    """Rows (person, id, number of the source) of all sources that give querysets; the numbers of the others."""
    pairs: list[Any] = [find(people) for _, find, _ in _sources]
    others = [n for n, each in enumerate(pairs) if not isinstance(each, QuerySet)]
    first, *more = (
        each.order_by().annotate(alerts_source=Value(n, IntegerField()))
        for n, each in enumerate(pairs)
        if n not in others
    )
    return first.union(*more, all=True), others


def _of_one(pk: Any) -> tuple[Any, list[int]]:
    """The same for one person. Every page asks it, and building the query takes far longer than the database."""
    sql, params, others = _compiled(len(_sources))
    to_database = get_user_model()._meta.pk.get_db_prep_value
    placeholder, real = (to_database(each, connection) for each in (_PLACEHOLDER, pk))
    with connection.cursor() as cursor:
        cursor.execute(sql, [real if value == placeholder else value for value in params])
        return [(pk, *row[1:]) for row in cursor.fetchall()], others


@cache
def _compiled(_sources_known: int) -> tuple[str, Sequence[Any], list[int]]:
    rows, others = _of_many([_PLACEHOLDER])
    return *rows.query.sql_with_params(), others


def named(to: Any) -> list[str]:
    """The audiences meant by `to`: a person, several, a Role, or anything with an `audience`."""
    if hasattr(to, "audience"):
        return [to.audience]
    if isinstance(to, get_user_model()):
        return [person(to.pk)]
    if isinstance(to, Iterable) and not isinstance(to, str):
        return sorted({audience for each in to for audience in named(each)})
    raise TypeError(f"{to!r} cannot be alerted: give a person, several, a Role or something with an audience.")


def ended_with(thing: Any) -> list[str]:
    """The audience that ends when `thing` is deleted: a person's, a room's; most things have none."""
    return named(thing) if hasattr(thing, "audience") or isinstance(thing, get_user_model()) else []
