"""The transitions between an order's statuses, and who may make which."""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from shop.models import Order

NEW, ACCEPTED, DONE, CANCELLED = Order.Status


class Transition(NamedTuple):
    """`label` is on its button; it leads from one of the statuses `source` to `target`."""

    name: str
    label: Any
    source: tuple[Order.Status, ...]
    target: Order.Status


TRANSITIONS = {
    each.name: each
    for each in (
        Transition("accept", _("Accept"), (NEW,), ACCEPTED),
        Transition("finish", _("Finish"), (ACCEPTED,), DONE),
        Transition("cancel", _("Cancel"), (NEW, ACCEPTED), CANCELLED),
    )
}


def for_staff(order: Order) -> list[Transition]:
    """What staff may do with an order in its present status."""
    return [each for each in TRANSITIONS.values() if order.status in each.source]


def for_buyer(order: Order) -> list[Transition]:
    """What its buyer may do with an order: cancel it while it is new."""
    return [TRANSITIONS["cancel"]] if order.status == NEW else []


def allowed(person: Any, order: Order) -> list[Transition]:
    """What this person may do with an order."""
    if person.is_staff:
        return for_staff(order)
    return for_buyer(order) if person.pk == order.buyer_id else []
