"""Sam operates the site; `report` writes the row of a process as it would itself."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from alerts.models import Alert
from monitoring.models import Process

COUNTS = {
    "sockets": 3,
    "kinds": {"room": 2, "bell": 1},
    "deliveries": 50,
    "slowest": 0.025,
    "hints_lost": 0,
    "queue_overflows": 0,
    "jobs": 0,
    "rooms": [],
}


@pytest.fixture
def sam(db):
    return get_user_model().objects.create_user("sam", display_name="Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def report(db):
    """report("web one", age=30, hints_lost_ago=…): the row of a process that last reported so many seconds ago."""

    def write(name="web one", age=0.0, started=60.0, minutes=(), **counts):
        now = timezone.now()
        times = {"seen": now - timedelta(seconds=age), "started": now - timedelta(seconds=started)}
        return Process.objects.create(name=name, pid=7, **times, counts=COUNTS | counts, minutes=list(minutes))

    return write


@pytest.fixture
def told():
    """The titles of the open alerts of those who operate the site, oldest first."""
    alerts = Alert.objects.open().filter(audience="operators").order_by("pk")
    return lambda: list(alerts.values_list("title", flat=True))
