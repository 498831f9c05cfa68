"""Every word of the apps and of the site has a German translation, and it is compiled."""

import gettext
import re
import shutil
import subprocess

import pytest

from tests.examples import ROOT

APPS = ["parlour", "alerts", "jobs", "rooms", "site"]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """A folder with the catalogues as they would be written from today's code."""
    if not shutil.which("xgettext"):
        pytest.skip("needs gettext")
    folder = tmp_path_factory.mktemp("messages")
    subprocess.run(["sh", "bin/messages", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("app", APPS)
def test_every_word_has_a_german_translation(app, extracted):
    path = f"{app}/locale/de/LC_MESSAGES/django.po"
    entries = (extracted / path).read_text().split("\n\n")[1:]
    assert [entry for entry in entries if "fuzzy" in entry or re.search(r'^msgstr(\[\d\])? ""\n*$', entry, re.M)] == []
    assert set(entries) == set((ROOT / path).read_text().split("\n\n")[1:])


@pytest.mark.parametrize("app", APPS)
def test_what_is_compiled_is_what_is_written(app, extracted):
    files = [folder / app / "locale" / "de" / "LC_MESSAGES" / "django.mo" for folder in (extracted, ROOT)]
    written, compiled = (gettext.GNUTranslations(file.open("rb"))._catalog for file in files)
    assert {**written, "": ""} == {**compiled, "": ""}
