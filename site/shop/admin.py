"""Orders in Django's admin: to search, to read, and to change the status of many at once."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from shop.models import Order
from shop.place_order import OrderRejected, make_transition
from shop.transitions import TRANSITIONS, Transition


def _action(transition: Transition) -> Callable[..., None]:
    def make(model_admin: Any, request: HttpRequest, orders: QuerySet[Order]) -> None:
        made, pks = 0, [*orders.values_list("pk", flat=True)]  # those that leave a filtered list by this count too
        for pk in pks:
            try:
                make_transition(request.user, pk, transition.name)
                made += 1
            except (OrderRejected, Order.DoesNotExist) as error:
                messages.warning(request, str(error))
        messages.success(request, f"{made} of {len(pks)} done.")

    make.__name__ = transition.name
    return admin.action(make, description=f"{transition.label} selected orders", permissions=["change"])


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders are changed by transitions alone, so that alerts and live pages always follow."""

    list_display = ["id", "item", "buyer", "price", "status", "created"]
    list_filter = ["status", "currency", "created"]
    search_fields = ["=id", "item", "note", "buyer__username", "buyer__display_name"]
    list_select_related = ["buyer"]
    date_hierarchy = "created"
    readonly_fields = ("buyer", "item", "note", "price", "status", "created", "updated")
    fields = readonly_fields
    actions = [_action(each) for each in TRANSITIONS.values()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
