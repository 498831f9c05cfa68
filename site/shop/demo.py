"""The demo's orders."""

from django.contrib.auth import get_user_model

from shop import ordering
from shop.models import Order

WANTED = [
    ("other", "A pot of Darjeeling, for four", 1850, "EUR", "Milk on the side, please."),
    ("member", "Lamp oil, two litres", 2400, "GBP", ""),
    ("member", "Writing paper, cream, 100 sheets", 1500, "JPY", ""),
]


def make_demo_orders() -> None:
    """A few orders of member and other, the first one accepted; made once."""
    if Order.objects.exists():
        return
    people = get_user_model()._default_manager.in_bulk(["staff", "member", "other"], field_name="username")
    for buyer, item, amount, currency, note in WANTED:
        ordering.place(people[buyer], item, amount, currency, note)
    first = Order.objects.earliest("pk")
    ordering.take(people["staff"], first.pk, "accept")
