"""Sheets of orders, and what is there once they are sent."""

from jobs import Job
from shop.imports.models import Import, shelf
from tests.waiting import until

HEAD = "item,amount,currency,note,reference\n"
TEA = "Tea,12.50,EUR,,\n"


def over(number=1):
    """Wait until so many imports are over; the newest."""
    until(lambda: Job.objects.filter(ended__isnull=False).count() == number)
    return Import.objects.select_related("job").first()


def left():
    return [path.name for path in shelf().iterdir()]
