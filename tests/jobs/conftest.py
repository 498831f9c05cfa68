import pytest

from jobs import carriers
from tests.parlour.cast import ann, ben, conf, diary, hurried, own_limits  # noqa: F401


@pytest.fixture(autouse=True)
def nobody_left_behind():
    """No thread outlives its test."""
    yield
    assert carriers.rest(10)
