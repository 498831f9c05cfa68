"""The bell where one looks at it and listens to it: open, in Django's admin, by keyboard, and where there is none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .support.appearance import fill_with_content, fits, is_accessible
from .support.bell import alerts, bell, opened
from .support.deployments import ROOT, Deployment
from .support.people import Person
from .support.servers import Server

Invite = Callable[..., Person]
ADMIN = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/user/1/change/",
    "/admin/rooms/room/",
    "/admin/shop/order/",
    "/admin/shop/order/1/change/",
]
WITHOUT_ACTIONS = """
from django.contrib.admin import ModelAdmin
from e2e.support.settings import *

ModelAdmin.actions_on_top = ModelAdmin.actions_on_bottom = False
ModelAdmin.actions = None
"""


@pytest.fixture(scope="module")
def server_with_content(server: Server) -> Server:
    """A server with something in it to look at."""
    fill_with_content(server)
    return server


def test_the_admin_keeps_the_policy(person: Invite, server_with_content: Server) -> None:
    staff = person(server_with_content).sign_in("staff")
    for path in ADMIN:
        answer = staff.page.goto(staff.url + path)
        assert answer is not None
        assert answer.status == 200, path
        bell(staff)
    assert not staff.violations


def test_the_admin_keeps_the_policy_where_a_list_has_no_actions(
    person: Invite, new_deployment: Callable[..., Deployment], tmp_path: Path
) -> None:
    (tmp_path / "bare.py").write_text(WITHOUT_ACTIONS)
    deployment = new_deployment(DJANGO_SETTINGS_MODULE="bare", PYTHONPATH=f"{tmp_path}:{ROOT}:{ROOT / 'site'}")
    staff = bell(person(deployment.start_server()).sign_in("staff"), "/admin/rooms/room/")
    assert not staff.page.locator("select[name=action]").count()
    assert not staff.violations
    assert not staff.errors


@pytest.mark.parametrize("path", ["/", "/rooms/lobby/", "/admin/shop/order/"])
def test_an_open_bell_fits_and_is_accessible(person: Invite, server_with_content: Server, path: str) -> None:
    staff = opened(bell(person(server_with_content).sign_in("staff"), path))
    expect(alerts(staff).first).to_be_visible()
    fits(staff, f"bell{path.replace('/', '-')}")
    is_accessible(staff, "#bell")
    staff.page.set_viewport_size({"width": 360, "height": 640})
    card = staff.page.locator(".pl-bell-card").bounding_box()
    assert card
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 360
    assert card["y"] + card["height"] <= 640


def test_the_bell_is_used_by_keyboard_and_read_aloud(person: Invite, server_with_content: Server) -> None:
    staff = bell(person(server_with_content).sign_in("staff"), "/")
    for _ in range(12):
        staff.page.keyboard.press("Tab")
        if staff.page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    staff.page.keyboard.press("Enter")
    expect(alerts(staff).first).to_be_visible()
    names = [each.text_content() or "" for each in staff.page.locator("#bell-lines button, #bell-lines a").all()]
    assert all(name.strip() for name in names)
    assert len(set(names)) == len(names), "two that sound alike"


def test_without_script_the_bell_leads_to_the_page_of_all_alerts(person: Invite, server_with_content: Server) -> None:
    staff = person(server_with_content, java_script_enabled=False).sign_in("staff").go("/shop/")
    staff.page.locator("#bell-menu summary").click()
    expect(staff.page.get_by_text("Loading…")).to_be_hidden()
    staff.page.locator("#bell-lines").get_by_role("link", name="All alerts").click()
    expect(staff.page.get_by_role("heading", name="Alerts")).to_be_visible()


def test_who_has_no_bell_has_no_errors(person: Invite, server_with_content: Server) -> None:
    nobody, robin = person(server_with_content), person(server_with_content).be_guest("Robin")
    for path in ("/", "/rooms/lobby/", "/rooms/team/", "/shop/", "/accounts/login/", "/accounts/signup/"):
        nobody.go(path)
        expect(nobody.page.locator("#bell, [ws-connect='/ws/alerts/']")).to_have_count(0)
    for path in ("/", "/rooms/lobby/", "/shop/", "/accounts/profile/"):
        robin.go(path)
    for somebody in (nobody, robin):
        assert not [line for line in somebody.errors if "403" not in line], somebody.errors
