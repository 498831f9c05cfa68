"""Every page waits for one style sheet, made of one file a component."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from config.one_sheet import COMMENT, IMPORT
from parlour.templatetags.parlour import live_styles

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
ALONE = {"site.css", "admin_list.css"}  # what imports the others, and what the admin's lists load
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)"')


def test_the_sheet_imports_every_component_of_the_site_and_of_the_apps_once():
    imported = IMPORT.findall((CSS / "site.css").read_text())
    assert sorted(imported) == sorted(
        [*({path.name for path in CSS.glob("*.css")} - ALONE), *(f"../{name}" for name in live_styles())]
    )


def test_what_is_collected_is_one_sheet_with_all_that_it_imports(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.one_sheet.OneSheetStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    joined = Path(staticfiles_storage.path(staticfiles_storage.stored_name("css/site.css"))).read_text()
    assert "@import" not in joined
    assert "/*" not in joined
    for name in ["css/base.css", *live_styles()]:
        assert COMMENT.sub("", Path(find(name)).read_text()) in joined
    assert "@import" in (tmp_path / "css" / "site.css").read_text(), "a file without a hash works too"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/no-such-page/"])
def test_a_page_waits_for_one_sheet(client, path):
    head = client.get(path).content.decode().partition("</head>")[0]
    assert SHEET.findall(head) == ["/static/css/site.css"]
