"""What pages of the shop show live: all orders with their totals for staff, the own orders for a buyer."""

from typing import Any

from django.urls import reverse

from parlour import Region, StateStream
from shop import transitions
from shop.models import ALL_ORDERS, Order, orders_of

STAFF_LIMIT = 60  # orders in the staff's list; the admin has them all
BUYER_LIMIT = 20  # orders in a buyer's list; /shop/mine/ has them all
GAP = 0.2  # seconds between two frames, so that a burst of orders shares one


class OrdersStream(StateStream):
    """All orders, and what the open ones are worth. The same for all staff, so it is rendered once for all of them."""

    template = "partials/shop.html#orders"
    part = "list"
    gap = GAP

    def present(self) -> dict[str, Any]:
        orders = Order.objects.select_related("buyer").work_list(STAFF_LIMIT)
        totals = Order.objects.open_totals()
        others = totals["new"] + totals["accepted"] - sum(order.status in Order.OPEN for order in orders)
        rows = [(order, transitions.for_staff(order)) for order in orders]
        return {"rows": rows, "totals": totals, "others": others}


class MyOrdersStream(StateStream):
    """One buyer's orders."""

    template = "partials/shop.html#mine"
    part = "list"
    gap = GAP

    def __init__(self, buyer: int, region: Region) -> None:
        super().__init__(orders_of(buyer), region)
        self.buyer = buyer

    def present(self) -> dict[str, Any]:
        orders = list(Order.objects.filter(buyer=self.buyer)[: BUYER_LIMIT + 1])
        rows = [(order, transitions.for_buyer(order)) for order in orders[:BUYER_LIMIT]]
        return {"rows": rows, "more": len(orders) > BUYER_LIMIT}


class OrdersRegion(Region):
    """The staff's list."""

    def __init__(self) -> None:
        super().__init__("orders", "/ws/shop/orders/", reverse("shop:orders_panel"), "staff")
        self.address = reverse("shop:orders")
        self.streams = [OrdersStream(ALL_ORDERS, self)]


class MyOrdersRegion(Region):
    """A buyer's list."""

    def __init__(self, buyer: Any) -> None:
        super().__init__("mine", "/ws/shop/mine/", reverse("shop:mine_panel"), "buyer")
        self.address = reverse("shop:home")
        self.streams = [MyOrdersStream(buyer.pk, self)]
