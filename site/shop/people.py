"""Who may do what in the shop, besides staff."""

from typing import Any


def may_order(person: Any) -> bool:
    """Whether this person has an account to which an order can belong."""
    return person.is_authenticated and not person.is_guest
