"""The engine's settings: a project's count, and one that is misspelt is no setting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from parlour.conf import conf

ROOT = Path(__file__).resolve().parents[2]


def test_a_projects_value_counts_and_what_it_leaves_out_stays(settings):
    settings.PARLOUR = {"BEAT": 1}
    assert (conf.BEAT, conf.TICK) == (1, 3.0)


def test_a_misspelt_name_is_told_at_the_start(settings):
    with pytest.raises(ImproperlyConfigured, match="PARLOUR knows no TIKC; it knows BEAT, TICK"):
        settings.PARLOUR = {"BEAT": 1, "TIKC": 5}


def test_the_environment_says_how_many_threads_meet_the_database(tmp_path):
    ask = "import django; django.setup(); from parlour.database import _threads; print(_threads()._max_workers)"
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    env |= {"PARLOUR_VAR": str(tmp_path), "PARLOUR_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "2\n"
