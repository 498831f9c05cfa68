"""Who is told: a person, a role, or whoever an app says belongs to something of its own.

An audience is the name of a stream's head. A person's pages follow all audiences the person belongs to now, so
who becomes staff tomorrow sees what is open today, and one row tells ten thousand people.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

Belonging = Callable[[Collection[int]], Iterable[tuple[int, str]]]
_belongings: list[Belonging] = []


class Role(NamedTuple):
    """A role to be told. `staff` is everybody with `is_staff`."""

    name: str

    @property
    def audience(self) -> str:
        return self.name


def person(pk: object) -> str:
    """The audience of one person."""
    return f"user.{pk}"


def belonging(find: Belonging) -> Belonging:
    """Decorate a function that gives `(person, audience)` for the primary keys it is asked about."""
    _belongings.append(find)
    return find


@belonging
def staff(people: Collection[int]) -> Iterable[tuple[int, str]]:
    """Staff are told what the role `staff` is told."""
    found = get_user_model()._default_manager.filter(pk__in=people, is_staff=True, is_active=True)
    return [(pk, "staff") for pk in found.values_list("pk", flat=True)]


def of(people: Collection[int]) -> Mapping[int, list[str]]:
    """The audiences each of these people belongs to now: themselves first."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk in people:
        found[pk].append(person(pk))
    for find in _belongings:
        for pk, audience in find(people):
            found[pk].append(audience)
    return found


def named(to: Any) -> list[str]:
    """The audiences meant by `to`: a person, several, a Role, or anything with an `audience`."""
    if hasattr(to, "audience"):
        return [to.audience]
    if isinstance(to, get_user_model()):
        return [person(to.pk)]
    if isinstance(to, Iterable):
        return sorted({audience for each in to for audience in named(each)})
    raise TypeError(f"Nobody can be told by {to!r}: give a person, several, a Role or something with an audience.")
