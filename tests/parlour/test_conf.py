"""The engine's settings: a project's count, and one that is misspelt is no setting."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from parlour import database
from parlour.conf import conf


def test_a_projects_value_counts_and_what_it_leaves_out_stays(settings):
    settings.PARLOUR = {"BEAT": 1, "THREADS": 2}
    assert (conf.BEAT, conf.TICK) == (1, 3.0)
    assert database._threads.__wrapped__()._max_workers == 2


def test_a_misspelt_name_and_a_value_of_another_type_are_told_at_the_start(settings):
    with pytest.raises(ImproperlyConfigured, match="PARLOUR knows no TIKC; it knows BEAT, TICK"):
        settings.PARLOUR = {"BEAT": 1, "TIKC": 5}
    with pytest.raises(ImproperlyConfigured, match=r"BEAT cannot be 'soon'; it is 3\.0 by default"):
        settings.PARLOUR = {"BEAT": "soon"}
