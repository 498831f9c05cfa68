"""Who is told: a person, a role, or whoever an app says belongs to something of its own.

An audience is the name of a stream's head. A person's pages follow all audiences the person belongs to now, so
who becomes staff tomorrow sees what is open today, and one row tells ten thousand people. What is told to a person
within something ("user.7/room.5") moves that person's head and is theirs as long as they belong to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

Belonging = Callable[[Collection[int]], Iterable[tuple[int, str]]]
_belongings: list[Belonging] = []
_roles: set[str] = set()


class Role(NamedTuple):
    """A role to be told. `staff` is everybody with `is_staff`."""

    name: str

    @property
    def audience(self) -> str:
        """Raises ValueError for a role that nobody could have: what is told to it would be lost."""
        if self.name not in _roles:
            raise ValueError(f"There is no role {self.name!r}; there are {sorted(_roles)}.")
        return self.name


def person(pk: object, within: str = "") -> str:
    """The audience of one person; `within` something, only while a `belonging` says so."""
    return f"user.{pk}/{within}" if within else f"user.{pk}"


def head(audience: str) -> str:
    """The head that moves when this audience is told something."""
    return audience.partition("/")[0]


def belonging(find: Belonging) -> Belonging:
    """Decorate a function that gives `(person, audience)` for the primary keys it is asked about."""
    _belongings.append(find)
    return find


def role(name: str) -> Callable[[Callable[[Collection[int]], Iterable[int]]], Callable[..., Iterable[int]]]:
    """Decorate a function that gives those of the primary keys it is asked about who have this role."""

    def known(having: Callable[[Collection[int]], Iterable[int]]) -> Callable[..., Iterable[int]]:
        _roles.add(name)
        belonging(lambda people: [(pk, name) for pk in having(people)])
        return having

    return known


@role("staff")
def staff(people: Collection[int]) -> Iterable[int]:
    """Staff are told what the role `staff` is told."""
    found = get_user_model()._default_manager.filter(pk__in=people, is_staff=True, is_active=True)
    return found.values_list("pk", flat=True)


def of(people: Collection[int]) -> Mapping[int, list[str]]:
    """The audiences each of these people belongs to now: themselves first."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk in people:
        found[pk].append(person(pk))
    for find in _belongings:
        for pk, audience in find(people):
            found[pk].append(audience)
    return found


def own(thing: Any) -> list[str]:
    """The audience that goes when this thing goes: a person's, a room's; most things have none."""
    return named(thing) if hasattr(thing, "audience") or isinstance(thing, get_user_model()) else []


def named(to: Any) -> list[str]:
    """The audiences meant by `to`: a person, several, a Role, or anything with an `audience`."""
    if hasattr(to, "audience"):
        return [to.audience]
    if isinstance(to, get_user_model()):
        return [person(to.pk)]
    if isinstance(to, Iterable):
        return sorted({audience for each in to for audience in named(each)})
    raise TypeError(f"Nobody can be told by {to!r}: give a person, several, a Role or something with an audience.")
