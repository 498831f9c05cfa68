"""Orders in Django's admin: to find, to read, and to see to many at once."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from shop import ordering
from shop.models import Order


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """An order is changed by its steps alone, so that whoever must hear of one does."""

    list_display = ["id", "item", "buyer", "price", "status", "created"]
    list_filter = ["status", "currency", "created"]
    search_fields = ["=id", "item", "note", "buyer__username", "buyer__display_name"]
    list_select_related = ["buyer"]
    date_hierarchy = "created"
    readonly_fields = ("buyer", "item", "note", "price", "status", "created", "moved")
    fields = readonly_fields
    actions = ["accept", "finish", "cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Accept selected orders", permissions=["change"])
    def accept(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._take(request, orders, "accept")

    @admin.action(description="Finish selected orders", permissions=["change"])
    def finish(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._take(request, orders, "finish")

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._take(request, orders, "cancel")

    def _take(self, request: HttpRequest, orders: QuerySet[Order], step: str) -> None:
        taken = 0
        for pk in orders.values_list("pk", flat=True):
            try:
                ordering.take(request.user, pk, step)
                taken += 1
            except (ordering.Declined, Order.DoesNotExist) as why:
                self.message_user(request, str(why), messages.WARNING)
        self.message_user(request, f"{taken} of {len(orders)} done.", messages.SUCCESS)
