"""Orders: who may see them, how they are listed, and how far each has come."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.money import CURRENCIES


def may_order(person: Any) -> bool:
    """Whether this person has an account to which an order can belong."""
    return person.is_authenticated and not person.is_guest


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders, by who may see them and by status."""

    def visible_to(self, person: Any) -> Self:
        """A buyer's own orders; all of them for staff."""
        if not person.is_authenticated:
            return self.none()
        return self if person.is_staff else self.filter(buyer=person)

    def sent(self, buyer: Any, keys: Collection[str]) -> models.QuerySet["Order"]:
        """A buyer's orders with these keys. Without the index's own words, or in order, SQLite reads all of theirs."""
        rows = self.filter(buyer=buyer, idempotency_key__in=keys).order_by()
        return rows.extra(where=["NOT (shop_order.idempotency_key = '')"])

    def work_list(self, limit: int) -> list["Order"]:
        """The first `limit` orders: open ones written by hand, then imported ones, then closed ones.

        New orders come before accepted ones, and newer before older. Each group is one look into an index; sorting
        all orders this way would read them all.
        """
        by_hand, imported = self.filter(imported=None), self.filter(imported__isnull=False)
        groups = [orders.filter(status=status) for orders in (by_hand, imported) for status in Order.OPEN]
        groups += [self.filter(status=status) for status in Order.CLOSED]
        orders: list[Order] = []
        for group in groups:
            orders += group[: limit - len(orders)]
        return orders

    def open_totals(self) -> dict[str, Any]:
        """How many orders are new and accepted, and what the open ones are worth in each currency."""
        open_ones = self.filter(status__in=Order.OPEN).order_by("status", "currency").values("status", "currency")
        sums = list(open_ones.annotate(many=Count("pk"), sum=Sum("amount")))
        many = {status: sum(each["many"] for each in sums if each["status"] == status) for status in Order.OPEN}
        worth = {code: sum(each["sum"] for each in sums if each["currency"] == code) for code in CURRENCIES}
        return {
            "new": many[Order.Status.NEW],
            "accepted": many[Order.Status.ACCEPTED],
            "worth": [(code, CURRENCIES[code].format(amount)) for code, amount in worth.items() if amount],
        }


class Order(models.Model):
    """Something one person wants, for an amount in the smallest unit of its currency.

    One buyer's orders have different values of `idempotency_key`, so a form sent twice is one order. `imported` is
    the import that created it, if one did. `updated` is when its status changed.
    """

    class Status(models.TextChoices):
        NEW = "new", _("New")
        ACCEPTED = "accepted", _("Accepted")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (Status.NEW, Status.ACCEPTED)
    CLOSED = (Status.DONE, Status.CANCELLED)

    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders")
    item = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True)
    amount = models.PositiveBigIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3, choices=[(each.code, each.name) for each in CURRENCIES.values()])
    status = models.CharField(max_length=9, choices=Status, default=Status.NEW)
    idempotency_key = models.CharField(max_length=40, blank=True, editable=False)
    imported = models.ForeignKey("Import", models.SET_NULL, null=True, editable=False, db_index=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    updated = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        indexes = [
            models.Index(fields=["status", "-created"], name="shop_order_status"),
            models.Index(fields=["buyer", "-created"], name="shop_order_buyer"),
            models.Index(fields=["status", "-created"], condition=Q(imported=None), name="shop_order_in_turn"),
            models.Index(
                fields=["imported", "-created"], condition=Q(imported__isnull=False), name="shop_order_imported"
            ),
            models.Index(fields=["status", "currency", "amount"], name="shop_order_totals"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["buyer", "idempotency_key"], condition=~Q(idempotency_key=""), name="shop_order_sent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Order {self.pk}: {self.item}"

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=[self.pk])

    @property
    def amount_text(self) -> str:
        """ "1,234.50": without its currency."""
        return CURRENCIES[self.currency].format(self.amount)

    @property
    def price(self) -> str:
        """ "1,234.50 EUR" """
        return f"{self.amount_text} {self.currency}"

    @property
    def status_text(self) -> str:
        """ "accepted": the status inside a sentence that is stored, in the language of the site."""
        return str(self.status)
