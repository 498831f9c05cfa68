"""Orders in Django's admin: to search, to read, and to change the status of many at once."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from shop.models import Order
from shop.place_order import OrderRejected, make_transition


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
    actions = ["accept", "finish", "cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Accept selected orders", permissions=["change"])
    def accept(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._make_transitions(request, orders, "accept")

    @admin.action(description="Finish selected orders", permissions=["change"])
    def finish(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._make_transitions(request, orders, "finish")

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._make_transitions(request, orders, "cancel")

    def _make_transitions(self, request: HttpRequest, orders: QuerySet[Order], name: str) -> None:
        made = 0
        for pk in orders.values_list("pk", flat=True):
            try:
                make_transition(request.user, pk, name)
                made += 1
            except (OrderRejected, Order.DoesNotExist) as error:
                self.message_user(request, str(error), messages.WARNING)
        self.message_user(request, f"{made} of {len(orders)} done.", messages.SUCCESS)
