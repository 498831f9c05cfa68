import pytest

from jobs import carriers
from tests.parlour.fixtures import ann, ben, conf, fast_clocks, log_lines, reset_limits  # noqa: F401


@pytest.fixture(autouse=True)
def nobody_left_behind():
    """No thread outlives its test."""
    yield
    assert carriers.rest(10)
