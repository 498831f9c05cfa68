"""What pages of the shop show live: all orders with their totals for staff, the own orders for a buyer."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.shortcuts import resolve_url
from django.utils.html import format_html

from parlour import Denied, live
from shop import transitions
from shop.models import Order, may_order

STAFF_LIMIT = 60  # orders in the staff's list; the admin has them all
BUYER_LIMIT = 20  # orders in a buyer's list; /shop/mine/ has them all
GAP = 0.2  # seconds between two frames, so that a burst of orders shares one


@live("partials/shop.html#orders", watch=[Order], gap=GAP)
def orders() -> dict[str, Any]:
    """All orders, and what the open ones are worth."""
    listed = Order.objects.select_related("buyer").work_list(STAFF_LIMIT)
    totals = Order.objects.open_totals()
    others = totals["new"] + totals["accepted"] - sum(order.status in Order.OPEN for order in listed)
    rows = [(order, transitions.for_staff(order)) for order in listed]
    return {"rows": rows, "totals": totals, "others": others}


@orders.allow
def may_see_all(person: Any) -> bool:
    """Staff alone; others read where to go."""
    if not person.is_authenticated:
        raise Denied.signed_out(resolve_url("shop:orders"))
    if not (person.is_staff and person.is_active):
        link = resolve_url("shop:home")
        raise Denied(4003, format_html('Only staff see all orders. <a href="{}">Yours</a>', link))
    return True


@live("partials/shop.html#mine", gap=GAP)
def mine(buyer: int) -> dict[str, Any]:
    """One buyer's orders."""
    listed = list(Order.objects.filter(buyer=buyer)[: BUYER_LIMIT + 1])
    rows = [(order, transitions.for_buyer(order)) for order in listed[:BUYER_LIMIT]]
    return {"rows": rows, "more": len(listed) > BUYER_LIMIT}


@mine.allow
def may_see_own(person: Any, buyer: int) -> bool:
    """The buyer alone."""
    return may_order(person) and person.pk == buyer


@receiver([post_save, post_delete], sender=Order)
def _changed(instance: Order, **_: Any) -> None:
    """Only the pages of this order's buyer look again, not those of all buyers."""
    live.touch("mine", buyer=instance.buyer_id)
