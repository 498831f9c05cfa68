"""The life of an order: placed by its buyer, seen to by staff, and who is told of each step.

An alert about an order says how it stands now. So each step settles what was told before, for buyer and staff alike,
and tells the buyer the new one, unless the buyer took it.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from alerts import Role, settle
from alerts.telling import tell
from parlour import Change, live_write
from shop.models import EVERY, Order, bought
from shop.steps import STEPS, open_to

MINUTE = timedelta(minutes=1)
A_MINUTE = 10  # orders of one person, written by hand
AT_ONCE = 50  # orders of one person that are not closed, written by hand


class Declined(Exception):
    """An order that was not taken, or a step that cannot be taken, with the reason in words."""


@live_write
def place(change: Change, buyer: Any, item: str, amount: int, currency: str, note: str = "", slip: str = "") -> Order:
    """Place an order of `amount` (in the currency's smallest unit); tell the buyer and all staff. Raises Declined.

    The same slip with the same words again is the order that is there already.
    """
    list(get_user_model()._default_manager.select_for_update().filter(pk=buyer.pk))  # one order at a time each
    what = {"item": item, "note": note, "amount": amount, "currency": currency}
    if slip and (known := Order.objects.filter(buyer=buyer, slip=slip).first()):
        if all(getattr(known, name) == value for name, value in what.items()):
            return known
        slip = ""  # another order, written on a form that was sent before
    _within_limits(buyer)
    order = Order.objects.create(buyer=buyer, slip=slip, **what)
    _shown(change, order)
    tell(change, buyer, "order", f"Order {order.pk} is placed", _line(order), order.get_absolute_url(), order)
    tell(
        change,
        Role("staff"),
        "order",
        f"New order: {order.item}",
        f"{order.price}, from {buyer.name}",
        f"{reverse('shop:orders')}#orders-{order.pk}",
        order,
        key="orders",
        actor=buyer,
    )
    return order


@live_write
def take(change: Change, person: Any, pk: int, step: str) -> Order:
    """Take a step ("accept", "finish", "cancel") with an order this person may see.

    Raises Order.DoesNotExist, or Declined when the order has gone on meanwhile or the step is not this person's.
    """
    order = Order.objects.visible_to(person).select_for_update().get(pk=pk)
    if STEPS[step] not in open_to(person, order):
        raise Declined(f"Order {order.pk} is {order.stands} already. Nothing was changed.")
    order.status, order.moved = STEPS[step].to, timezone.now()
    order.save(update_fields=["status", "moved"])
    _shown(change, order)
    settle(order)
    if person.pk != order.buyer_id:
        title = f"Order {order.pk} is {order.stands}"
        tell(change, order.buyer, "order", title, _line(order), order.get_absolute_url(), order, actor=person)
    return order


@live_write
def gone(change: Change, order: Order) -> None:
    """An order was deleted: pages that list it look again. What was told about it goes by itself."""
    _shown(change, order)


def _shown(change: Change, order: Order) -> None:
    change.touch(EVERY)
    change.touch(bought(order.buyer_id))


def _within_limits(buyer: Any) -> None:
    mine = Order.objects.filter(buyer=buyer).by_hand()
    if mine.open().count() >= AT_ONCE:
        raise Declined(f"{AT_ONCE} of your orders are still open. Wait until some are done, or cancel one.")
    if mine.filter(created__gt=timezone.now() - MINUTE).count() >= A_MINUTE:
        raise Declined("That was many orders in a short time. Wait a minute and place it again.")


def _line(order: Order) -> str:
    return f"{order.item}, {order.price}"
