"""The bell and a job's bar work in a stock project, whatever its people are."""

import shutil

import pytest

from tests.examples import ROOT, passes

PROJECT = ROOT / "tests" / "alerts" / "project"


@pytest.mark.parametrize("user_model", [pytest.param("auth.User", marks=pytest.mark.faults), "people.Person"])
def test_the_bell_works_with_any_user_model(user_model, tmp_path, monkeypatch):
    monkeypatch.setenv("USER_MODEL", user_model)
    monkeypatch.setenv("TEMPLATES", str(ROOT / "templates"))
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    passes(tmp_path, "stories.py", settings="settings", beside=[ROOT])
