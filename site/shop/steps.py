"""The steps of an order, and who may take which."""

from typing import Any, NamedTuple

from shop.models import Order

_NEW, _ACCEPTED, _DONE, _CANCELLED = Order.Status


class Step(NamedTuple):
    """`label` is on its button, `to` is how the order stands after it, `since` how it may stand before."""

    name: str
    label: str
    to: Order.Status
    since: tuple[Order.Status, ...]


STEPS = {
    step.name: step
    for step in (
        Step("accept", "Accept", _ACCEPTED, (_NEW,)),
        Step("finish", "Finish", _DONE, (_ACCEPTED,)),
        Step("cancel", "Cancel", _CANCELLED, (_NEW, _ACCEPTED)),
    )
}


def following(order: Order) -> list[Step]:
    """What staff may do with an order as it stands."""
    return [step for step in STEPS.values() if order.status in step.since]


def open_to(person: Any, order: Order) -> list[Step]:
    """What this person may do with an order: staff all that follows, its buyer cancel it while it is new."""
    if person.is_staff:
        return following(order)
    return own(order) if person.pk == order.buyer_id else []


def own(order: Order) -> list[Step]:
    """What a buyer may do with an order of their own."""
    return [STEPS["cancel"]] if order.status == _NEW else []
