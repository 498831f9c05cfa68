"""The shop's sockets: who may listen. Everything else is done by forms."""

from typing import Any

from django.shortcuts import resolve_url
from django.utils.html import format_html

from parlour import Consumer, Denied, Region
from shop.models import may_order
from shop.streams import MyOrdersRegion, OrdersRegion


class OrdersConsumer(Consumer):
    """The staff's page of all orders."""

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return "orders"

    @classmethod
    def authorize(cls, person: Any) -> Region:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out(resolve_url("shop:orders"))
        if not (person.is_staff and person.is_active):
            link = resolve_url("shop:home")
            raise Denied(4003, format_html('Only staff see all orders. <a href="{}">Yours</a>', link))
        return OrdersRegion()


class MyOrdersConsumer(Consumer):
    """A buyer's page of the own orders."""

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return "mine"

    @classmethod
    def authorize(cls, person: Any) -> Region:  # type: ignore[override]
        if not may_order(person):
            raise Denied.signed_out(resolve_url("shop:home"))
        return MyOrdersRegion(person)
