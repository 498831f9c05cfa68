import pytest
from django.contrib.auth import get_user_model

from tests.parlour.fixtures import ann, ben, conf, fast_clocks, gus, lobby, log_lines, reset_limits  # noqa: F401


@pytest.fixture
def sue(db):
    """Somebody of the staff."""
    return get_user_model().objects.create_user("sue", display_name="Sue", is_staff=True)
