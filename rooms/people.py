"""Who people are to a room: any user model will do, and one may say more of them.

It may have `name`, how somebody is shown to others; `is_guest`, and for queries `GUESTS`, lookups such as
`{"kind": "guest"}`; and a manager with `bearing(names)`, those who may bear one of these casefolded names.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.db.models.functions import Lower


def name_of(person: Any) -> str:
    """How a person is shown to others: `name`, or what they sign in with."""
    return getattr(person, "name", "") or person.get_username()


def is_guest(person: Any) -> bool:
    """Whether somebody is here without an account of their own."""
    return not person.is_authenticated or getattr(person, "is_guest", False)


def guests(prefix: str = "") -> Q:
    """The condition for guests in a query; `prefix` leads to the person, such as "person__"."""
    lookups = getattr(get_user_model(), "GUESTS", None)
    return Q(**{f"{prefix}{name}": value for name, value in lookups.items()}) if lookups else Q(pk__in=())


def bearing(names: Collection[str]) -> Any:
    """Active people who may bear one of these casefolded names."""
    people = get_user_model()._default_manager
    if hasattr(people, "bearing"):
        named = people.bearing(names)
    else:
        named = people.alias(signs_in_as=Lower(get_user_model().USERNAME_FIELD)).filter(signs_in_as__in=names)
    return named.filter(is_active=True)
