"""The live side of the shop: who may listen. What is done is done by forms."""

from typing import Any

from django.shortcuts import resolve_url
from django.utils.html import format_html
from django.utils.http import urlencode

from parlour import Consumer, Denied, Region
from shop.streams import MineRegion, OrdersRegion


class OrdersConsumer(Consumer):
    """A page of somebody who sees to orders."""

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return "orders"

    @classmethod
    def authorize(cls, person: Any) -> Region:  # type: ignore[override]
        if not person.is_authenticated:
            raise _signed_out("shop:orders")
        if not (person.is_staff and person.is_active):
            raise Denied(
                4003, format_html('Only staff see all orders. <a href="{}">Yours</a>', resolve_url("shop:home"))
            )
        return OrdersRegion()


class MineConsumer(Consumer):
    """A page of a buyer."""

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return "mine"

    @classmethod
    def authorize(cls, person: Any) -> Region:  # type: ignore[override]
        if not person.is_authenticated or person.is_guest:
            raise _signed_out("shop:home")
        return MineRegion(person)


def _signed_out(back: str) -> Denied:
    login, query = resolve_url("accounts:login"), urlencode({"next": resolve_url(back)})
    return Denied(4001, format_html('Orders belong to an account. <a href="{}?{}">Sign in</a>', login, query))
