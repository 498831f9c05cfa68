"""The cast: Ann and Ben have accounts, Gus is a guest, Sam is staff; `tea` is an order of Ann's."""

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile

from alerts.models import Alert
from jobs import carriers
from shop import ordering
from shop.imports import importing
from tests.parlour.fixtures import ann, ben, conf, fast_clocks, gus, log_lines, reset_limits  # noqa: F401


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


@pytest.fixture(autouse=True)
def own_shelf(settings, tmp_path):
    """Files of this test alone, and no thread that outlives it."""
    settings.UPLOADS = tmp_path / "uploads"
    yield
    assert carriers.rest(20)


@pytest.fixture
def send(client, ann):  # noqa: F811
    """send(text or bytes) uploads a file as Ann; the answer."""
    client.force_login(ann)

    def sent(data, name="orders.csv", **more):
        data = data if isinstance(data, bytes) else data.encode()
        return client.post("/shop/imports/", {"file": SimpleUploadedFile(name, data)}, **more)

    return sent


@pytest.fixture
def small(monkeypatch):
    """Batches of ten rows, without rest."""
    monkeypatch.setattr("shop.imports.batches.ROWS", 10)
    monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 0)


@pytest.fixture
def broken(monkeypatch):
    """broken(at, fault) raises `fault` in the batch that begins there; then no more."""

    def breaks(at, fault):
        stored, faults = importing.store, [fault]

        def store(job, imported, batch):
            if faults and batch.taken and batch.taken[0].row.line >= at:
                raise faults.pop()
            return stored(job, imported, batch)

        monkeypatch.setattr(importing, "store", store)

    return breaks
