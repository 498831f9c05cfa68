"""Ann and Ben have accounts, Gus is a guest, Sam is staff; `tea` is an order of Ann's."""

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile

from alerts.models import Alert
from jobs import runner
from shop.place_order import place_order


@pytest.fixture
def sam(db):
    return get_user_model().objects.create_user("sam", display_name="Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def tea(ann):
    return place_order(ann, "Tea", 1250, "EUR")


@pytest.fixture
def alerts_of():
    """alerts_of("staff") or alerts_of(person): the titles of the open alerts of that audience, oldest first."""

    def titles(whom):
        name = whom if isinstance(whom, str) else f"user.{whom.pk}"
        return [alert.title for alert in Alert.objects.open().filter(audience=name).order_by("pk")]

    return titles


@pytest.fixture
def form():
    """form(item="…") is what the order form sends."""

    def fields(**changes):
        return {"item": "Tea", "amount": "12.50", "currency": "EUR", "note": "", "idempotency_key": "one"} | changes

    return fields


@pytest.fixture(autouse=True)
def own_uploads(settings, tmp_path):
    """Files of this test alone, and no thread that outlives it."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    yield
    assert runner.join(20)


@pytest.fixture
def upload(client, ann):
    """upload(text or bytes) sends a file of orders as Ann; the answer."""
    client.force_login(ann)

    def send(data, name="orders.csv", **fields):
        data = data if isinstance(data, bytes) else data.encode()
        return client.post("/shop/imports/", {"file": SimpleUploadedFile(name, data), **fields})

    return send
