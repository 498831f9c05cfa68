"""What pages of the shop see: all orders and their totals for staff, one's own for a buyer."""

from time import monotonic
from typing import Any

from django.urls import reverse

from parlour import Region, StateStream
from shop import money, steps
from shop.models import EVERY, Order, bought

SHOWN = 60  # orders in the live list of staff; the admin has them all
GAP = 0.2  # seconds: a rush of orders, or an import, shares a frame
SHARE = 5  # times as long as the last look took it is quiet, so that millions of orders stay bearable
RECENT = 20  # orders in the live list of their buyer; further pages have them all


class OrdersStream(StateStream):
    """Every order, with what is open in sum. The same for all staff, so it is drawn once for all of them."""

    template = "partials/orders.html"
    part = "list"
    gap = GAP

    def present(self) -> dict[str, Any]:
        began = monotonic()
        lines = [(order, steps.following(order)) for order in Order.objects.select_related("buyer").in_turn(SHOWN)]
        sums = totals()
        shown = sum(order.status in Order.OPEN for order, _ in lines)
        self.gap = max(GAP, SHARE * (monotonic() - began))
        return {"lines": lines, "totals": sums, "others": sums["new"] + sums["accepted"] - shown}


class MineStream(StateStream):
    """One buyer's orders."""

    region: "MineRegion"
    template = "partials/my_orders.html"
    part = "list"
    gap = GAP

    def present(self) -> dict[str, Any]:
        orders = list(Order.objects.filter(buyer=self.region.buyer)[: RECENT + 1])
        return {"lines": [(order, steps.own(order)) for order in orders[:RECENT]], "more": len(orders) > RECENT}


def totals() -> dict[str, Any]:
    """How many are new and accepted, and what the open ones are worth in each currency."""
    sums = Order.objects.open().sums()
    many = {status: sum(each["many"] for each in sums if each["status"] == status) for status in Order.OPEN}
    worth = {code: sum(each["sum"] for each in sums if each["currency"] == code) for code in money.CURRENCIES}
    return {
        "new": many[Order.Status.NEW],
        "accepted": many[Order.Status.ACCEPTED],
        "worth": [(code, money.CURRENCIES[code].written(amount)) for code, amount in worth.items() if amount],
    }


class OrdersRegion(Region):
    """The list that staff work from."""

    def __init__(self) -> None:
        super().__init__("orders", "/ws/shop/orders/", reverse("shop:orders_panel"), "staff")
        self.address = reverse("shop:orders")
        self.streams = [OrdersStream(EVERY, self)]


class MineRegion(Region):
    """A buyer's own orders."""

    def __init__(self, buyer: Any) -> None:
        super().__init__("mine", "/ws/shop/mine/", reverse("shop:mine_panel"), "buyer")
        self.buyer = buyer.pk
        self.address = reverse("shop:home")
        self.streams = [MineStream(bought(buyer.pk), self)]
