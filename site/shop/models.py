"""An order, and how far it has come."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone

from shop import money

EVERY = "shop.orders"  # head of all orders, for those who see to them


def bought(person: object) -> str:
    """Head of what one person ordered."""
    return f"shop.buyer.{person}"


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders, by who may see them and by how far they have come."""

    def visible_to(self, person: Any) -> Self:
        """A buyer's own orders; all of them for staff."""
        if not person.is_authenticated:
            return self.none()
        return self if person.is_staff else self.filter(buyer=person)

    def open(self) -> Self:
        return self.filter(status__in=Order.OPEN)

    def by_hand(self) -> Self:
        """Those that no import brought."""
        return self.filter(imported=None)

    def in_turn(self, most: int) -> list["Order"]:
        """The first so many: open ones written by hand, then imported ones, then the rest.

        Of each the new ones come before the accepted ones, and the newest before the others. Each status is one look
        into an index; to sort all orders by their turn would read them all.
        """
        by_hand, imported = self.by_hand(), self.filter(imported__isnull=False)
        turns = [(orders, [status]) for orders in (by_hand, imported) for status in Order.OPEN]
        found: list[Any] = []
        for orders, statuses in [*turns, (self, [Order.Status.DONE, Order.Status.CANCELLED])]:
            room = most - len(found)
            some: list[Any] = [order for status in statuses for order in orders.filter(status=status)[:room]]
            found += sorted(some, key=lambda order: (order.created, order.pk), reverse=True)[:room]
        return found

    def sums(self) -> list[dict[str, Any]]:
        """`{status, currency, many, sum}` for each pair of status and currency there is."""
        pairs = self.order_by("status", "currency").values("status", "currency")
        return list(pairs.annotate(many=Count("pk"), sum=Sum("amount")))


class Order(models.Model):
    """Something one person wants, for an amount in the smallest unit of its currency.

    `slip` is the number of the form it was written on: the same form sent twice is one order. `imported` is the import
    that brought it, if one did.
    """

    class Status(models.TextChoices):
        NEW = "new", "New"
        ACCEPTED = "accepted", "Accepted"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (Status.NEW, Status.ACCEPTED)

    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders")
    item = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True)
    amount = models.PositiveBigIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3, choices=[(each.code, each.name) for each in money.CURRENCIES.values()])
    status = models.CharField(max_length=9, choices=Status, default=Status.NEW)
    slip = models.CharField(max_length=40, blank=True, editable=False)
    imported = models.ForeignKey("Import", models.SET_NULL, null=True, editable=False, db_index=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    moved = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        indexes = [
            models.Index(fields=["status", "-created"], name="shop_order_status"),
            models.Index(fields=["buyer", "-created"], name="shop_order_buyer"),
            models.Index(fields=["buyer", "-created"], condition=Q(imported=None), name="shop_order_by_hand"),
            models.Index(fields=["status", "-created"], condition=Q(imported=None), name="shop_order_in_turn"),
            models.Index(
                fields=["imported", "-created"], condition=Q(imported__isnull=False), name="shop_order_imported"
            ),
            models.Index(fields=["status", "currency", "amount"], name="shop_order_totals"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_order_costs_something"),
            models.UniqueConstraint(fields=["buyer", "slip"], condition=~Q(slip=""), name="shop_order_sent_once"),
        ]

    def __str__(self) -> str:
        return f"Order {self.pk}: {self.item}"

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=[self.pk])

    @property
    def figure(self) -> str:
        """The amount as people read it, without its currency."""
        return money.CURRENCIES[self.currency].written(self.amount)

    @property
    def price(self) -> str:
        """The amount as people read it, with its currency."""
        return money.written(self.amount, self.currency)

    @property
    def stands(self) -> str:
        """ "accepted": how far it has come, inside a sentence."""
        return self.get_status_display().lower()


from shop.imports.models import Import, Reject  # noqa: E402, F401  an app's models live in its models
