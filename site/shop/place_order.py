"""Place an order and change its status. Each step updates the pages that list it and alerts whom it concerns.

An alert about an order tells its present status. So each step resolves the earlier alerts, for buyer and staff alike,
and alerts the buyer anew, unless the buyer made it.
"""

from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alerts import Role, add_alert, resolve
from parlour import Change, live_write, rate_limit
from shop.models import Order
from shop.transitions import TRANSITIONS, allowed

RATE = "0.2/10"  # orders of one person, written by hand: a second, and at once


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
    rewritten = sha256(repr((idempotency_key, values)).encode()).hexdigest()[:40]
    for known in Order.objects.sent(buyer, [idempotency_key, rewritten]):
        if all(getattr(known, name) == value for name, value in values.items()):
            return known
        idempotency_key = rewritten  # another order, written on a form that was sent before
    if not rate_limit("order", buyer.pk, RATE).take():
        raise OrderRejected(_("That was many orders in a short time. Wait a minute and place it again."))
    order = Order.objects.create(buyer=buyer, idempotency_key=idempotency_key, **values)
    words = f"{order.item}, {order.price}"
    add_alert(change, buyer, "order", f"Order {order.pk} is placed", words, about=order)
    title, url = f"New order: {order.item}, from {{actor}}", f"{reverse('shop:orders')}#orders-{order.pk}"
    add_alert(change, Role("staff"), "order", title, order.price, url, about=order, key="orders", actor=buyer)
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
    resolve(order)
    if person.pk != order.buyer_id:
        title, words = f"Order {order.pk} is {order.status_text}", f"{order.item}, {order.price}"
        add_alert(change, order.buyer, "order", title, words, about=order, actor=person)
    return order
