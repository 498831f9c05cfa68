import pytest
from django.contrib.auth import get_user_model

from tests.parlour.cast import ann, ben, conf, diary, gus, hurried, lobby, own_limits  # noqa: F401


@pytest.fixture
def sue(db):
    """Somebody of the staff."""
    return get_user_model().objects.create_user("sue", display_name="Sue", is_staff=True)
