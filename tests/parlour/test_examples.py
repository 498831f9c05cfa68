"""The examples run in a stock project of their own, and are as short as we say."""

import shutil

import pytest

from tests.examples import ROOT, passes

STOCK = ROOT / "tests" / "stock"


@pytest.fixture
def host(tmp_path):
    """A copy of the examples, with the tests that run in them."""
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    for test in STOCK.glob("*.py"):
        shutil.copy(test, tmp_path)
    return tmp_path


def test_live_parts_work_in_a_stock_project(host):
    passes(host, "live_parts.py", settings="project.settings", beside=[ROOT])


def test_models_of_another_database_are_told_after_its_commit(host):
    passes(host, "on_two_databases.py", settings="two_databases", beside=[ROOT])
