"""A desk that anyone may ask, on one site."""

import pytest

from widgets.models import Widget


@pytest.fixture
def desk(db):
    return Widget.objects.create(kind=Widget.Kind.DESK, title="Help", sites="https://shop.example")
