"""The cast: Ann and Ben have accounts, Gus is a guest, Sam is staff; `tea` is an order of Ann's."""

import pytest
from django.contrib.auth import get_user_model

from alerts.models import Alert
from shop import ordering
from tests.parlour.cast import ann, ben, conf, diary, gus, hurried, own_limits  # noqa: F401


@pytest.fixture
def sam(db):
    return get_user_model().objects.create_user("sam", display_name="Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def tea(ann):  # noqa: F811
    return ordering.place(ann, "Tea", 1250, "EUR")


@pytest.fixture
def told():
    """told("staff") or told(person): the titles of the open alerts of that audience, oldest first."""

    def look(whom):
        name = whom if isinstance(whom, str) else f"user.{whom.pk}"
        return [alert.title for alert in Alert.objects.open().filter(audience=name).order_by("pk")]

    return look


@pytest.fixture
def slip():
    """slip(item="…") is what the order form sends."""

    def written(**changes):
        return {"item": "Tea", "amount": "12.50", "currency": "EUR", "note": "", "slip": "one"} | changes

    return written
