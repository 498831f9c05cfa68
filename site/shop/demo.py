"""Demo orders, handled already, so that nobody is alerted before somebody places one; and a file to import."""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from shop.models import Order

HANDLED = [
    ("other", "A pot of Darjeeling, for four", 1850, "EUR", "Milk on the side, please.", Order.Status.ACCEPTED, 2),
    ("member", "Lamp oil, two litres", 2400, "GBP", "", Order.Status.DONE, 26),
    ("member", "Writing paper, cream, 100 sheets", 1500, "JPY", "", Order.Status.CANCELLED, 50),
]


SAMPLE_ROWS = 20_000  # enough for a bar that can be seen to move


def sample_file() -> Iterator[str]:
    """A CSV file of orders, of which some are rejected."""
    yield "item,amount,currency,note,reference\n"
    for n in range(1, SAMPLE_ROWS + 1):
        amount = "much" if n % 2500 == 0 else f"{n % 90 + 1}.50"
        yield f"Pot of tea {n},{amount},EUR,a sample,sample-{n}\n"


def make_demo_orders() -> None:
    """Create a few orders of member and other, some hours old, unless there are orders already."""
    if Order.objects.exists():
        return
    people = get_user_model()._default_manager.in_bulk(["member", "other"], field_name="username")
    now = timezone.now()
    Order.objects.bulk_create(
        Order(
            buyer=people[buyer],
            item=item,
            amount=amount,
            currency=currency,
            note=note,
            status=status,
            created=now - timedelta(hours=hours),
            updated=now - timedelta(hours=hours - 1),
        )
        for buyer, item, amount, currency, note, status, hours in reversed(HANDLED)
    )
