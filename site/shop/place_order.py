"""Place an order and change its status. Each step updates the pages that list it and alerts whom it concerns.

An alert about an order tells its present status. So each step resolves the earlier alerts, for buyer and staff alike,
and alerts the buyer anew, unless the buyer made it.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from alerts import Role, add_alert, resolve
from parlour import Change, live_write
from shop.models import ALL_ORDERS, Order, orders_of
from shop.transitions import TRANSITIONS, allowed

MAX_A_MINUTE = 10  # orders of one person, written by hand
MAX_OPEN = 50  # open orders of one person, written by hand


class OrderRejected(Exception):
    """An order that was not placed, or a transition that was not made, with the reason in words."""


@live_write
def place_order(
    change: Change, buyer: Any, item: str, amount: int, currency: str, note: str = "", idempotency_key: str = ""
) -> Order:
    """Place an order of `amount` (smallest unit of the currency); alert the buyer and all staff. Raises OrderRejected.

    The same key with the same values returns the order that exists already.
    """
    get_user_model()._default_manager.select_for_update().get(pk=buyer.pk)  # one order at a time of each buyer
    values = {"item": item, "note": note, "amount": amount, "currency": currency}
    known = Order.objects.filter(buyer=buyer, idempotency_key=idempotency_key).first() if idempotency_key else None
    if known:
        if all(getattr(known, name) == value for name, value in values.items()):
            return known
        idempotency_key = ""  # another order, written on a form that was sent before
    _check_limits(buyer)
    order = Order.objects.create(buyer=buyer, idempotency_key=idempotency_key, **values)
    _touch_lists(change, order)
    add_alert(change, buyer, "order", f"Order {order.pk} is placed", _summary(order), about=order)
    add_alert(
        change,
        Role("staff"),
        "order",
        f"New order: {order.item}",
        f"{order.price}, from {buyer.name}",
        f"{reverse('shop:orders')}#orders-{order.pk}",
        about=order,
        key="orders",
        actor=buyer,
    )
    return order


@live_write
def make_transition(change: Change, person: Any, pk: int, name: str) -> Order:
    """Make the transition `name` of TRANSITIONS with an order this person may see.

    Raises Order.DoesNotExist, or OrderRejected when the order has gone on meanwhile or this person may not make it.
    """
    order = Order.objects.visible_to(person).select_for_update().get(pk=pk)
    if TRANSITIONS[name] not in allowed(person, order):
        raise OrderRejected(f"Order {order.pk} is {order.status_text} already. Nothing was changed.")
    order.status, order.updated = TRANSITIONS[name].target, timezone.now()
    order.save(update_fields=["status", "updated"])
    _touch_lists(change, order)
    resolve(order)
    if person.pk != order.buyer_id:
        title = f"Order {order.pk} is {order.status_text}"
        add_alert(change, order.buyer, "order", title, _summary(order), about=order, actor=person)
    return order


@live_write
def order_deleted(change: Change, order: Order) -> None:
    """Have the pages that listed an order look again. Its alerts are deleted by the alerts app."""
    _touch_lists(change, order)


def _touch_lists(change: Change, order: Order) -> None:
    change.touch(ALL_ORDERS)
    change.touch(orders_of(order.buyer_id))


def _check_limits(buyer: Any) -> None:
    orders = Order.objects.filter(buyer=buyer).by_hand()
    if orders.open().count() >= MAX_OPEN:
        raise OrderRejected(f"{MAX_OPEN} of your orders are still open. Wait until some are done, or cancel one.")
    if orders.filter(created__gt=timezone.now() - timedelta(minutes=1)).count() >= MAX_A_MINUTE:
        raise OrderRejected("That was many orders in a short time. Wait a minute and place it again.")


def _summary(order: Order) -> str:
    return f"{order.item}, {order.price}"
