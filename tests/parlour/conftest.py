"""What several tests of the engine ask for."""

import pytest

from parlour import bus
from tests.parlour.fake_channel_layer import Layer


@pytest.fixture
def layer(monkeypatch, conf):
    """A channel layer to other processes, without the help of ticks."""
    layer = Layer()
    conf(TICK=60)
    monkeypatch.setattr(bus, "get_channel_layer", lambda: layer)
    return layer
