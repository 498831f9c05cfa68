"""Who people are to a room: any user model will do, and one may say more of them.

It may have `NAME_FIELDS`, of which the first that is not empty is how somebody is shown to others; `is_guest`, and for
queries `GUESTS`, lookups such as `{"kind": "guest"}`; `MARK_FIELD`, which says whose names have one of MARKS beside
them; `is_muted`, for who may read and not write; `only_as_member`, and for queries the lookups `ONLY_AS_MEMBER`, for
who has rights in no room, open or not, that they are no member of; and a manager with `bearing(names)`, those who may
bear one of these names, as they were typed and folded.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

MARKS = {"guest": _("guest"), "visitor": _("visitor"), "bot": _("bot")}


def name_fields(prefix: str = "") -> list[str]:
    """The fields that may name a person, the last being what they sign in with; for queries with a `prefix`."""
    model = get_user_model()
    named = [field.name for field in model._meta.concrete_fields if field.name == "name"]
    return [prefix + name for name in (*getattr(model, "NAME_FIELDS", named), model.USERNAME_FIELD)]


def name_in(values: Iterable[str]) -> str:
    """How the person with these values of `name_fields` is shown to others."""
    return next(filter(None, values), "")


def is_guest(person: Any) -> bool:
    """Whether somebody is here without an account of their own."""
    return not person.is_authenticated or getattr(person, "is_guest", False)


def only_as_member(person: Any) -> bool:
    """Whether somebody has rights in no room, open or not, that they are no member of."""
    return getattr(person, "only_as_member", False)


def guests(prefix: str = "") -> Q:
    """The condition for guests in a query; `prefix` leads to the person, such as "person__"."""
    return _condition("GUESTS", prefix)


def only_as_members(prefix: str = "") -> Q:
    """The condition for `only_as_member` in a query."""
    return _condition("ONLY_AS_MEMBER", prefix)


def _condition(lookups_in: str, prefix: str) -> Q:
    """The condition that a user model states in the lookups of this name; nobody meets one that it does not."""
    lookups = getattr(get_user_model(), lookups_in, None)
    return Q(**{f"{prefix}{name}": value for name, value in lookups.items()}) if lookups else Q(pk__in=())


def mark(prefix: str = "") -> Any:
    """The expression for how people are marked, a key of MARKS or anything else; `prefix` leads to the person."""
    field = getattr(get_user_model(), "MARK_FIELD", None)
    return F(f"{prefix}{field}") if field else Case(When(guests(prefix), Value("guest")), default=Value(""))


def bearing(names: Collection[str]) -> Any:
    """Active people who may bear one of these names, given as they were typed and casefolded."""
    people: Any = get_user_model()._default_manager
    if hasattr(people, "bearing"):
        return people.bearing(names).filter(is_active=True)
    alike = Q()
    for field in name_fields():  # SQLite lowers ASCII only, so that other names are found as they were typed
        people = people.alias(**{f"lower_{field}": Lower(field)})
        alike |= Q(**{f"{field}__in": names}) | Q(**{f"lower_{field}__in": names})
    return people.filter(alike, is_active=True)
