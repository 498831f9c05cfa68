import pytest

from tests.parlour.fixtures import ann, ben, conf, fast_clocks, gus, lobby, log_lines, reset_limits  # noqa: F401


@pytest.fixture
def post_rate(settings):
    """post_rate("10/40") limits how much one person may post: a second / at once."""

    def limit(rate):
        settings.ROOMS_POST_RATE = rate

    return limit
