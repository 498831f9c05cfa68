"""Every page keeps the content policy, serves everybody, and fits from the narrowest to a wide window."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .conftest import RESULTS
from .ground.bells import alerts, bell, opened
from .ground.houses import ROOT, House
from .ground.people import Person
from .ground.servers import Server
from .ground.shops import order
from .ground.visitors import Visitor
from .ground.wire import Room

Invite = Callable[..., Person]
Meet = Callable[[Server], Visitor]
WIDTHS = (320, 360, 768, 1280)
PHOTOGRAPHED = (360, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SERIOUS = {"serious", "critical"}

PAGES = {
    "": [
        "/",
        "/rooms/lobby/",
        "/rooms/team/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/guest/",
        "/shop/",
        "/no-such-page/",
    ],
    "member": [
        "/",
        "/rooms/lobby/",
        "/rooms/team/",
        "/rooms/new/",
        "/accounts/profile/",
        "/accounts/password/",
        "/echo/",
        "/shop/",
        "/shop/mine/",
        "/shop/orders/2/",
        "/alerts/",
        "/alerts/?show=archived",
        "/alerts/preferences/",
    ],
    "other": ["/rooms/team/"],
    "staff": [
        "/rooms/team/settings/",
        "/rooms/team/members/",
        "/rooms/team/delete/",
        "/shop/orders/",
        "/shop/orders/1/",
        "/alerts/",
        "/alerts/?show=unread&kind=order",
    ],
}
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
from e2e.ground.settings import *

ModelAdmin.actions_on_top = ModelAdmin.actions_on_bottom = False
ModelAdmin.actions = None
"""
EVERY = [(name, path) for name, paths in PAGES.items() for path in paths]


@pytest.fixture(scope="module")
def furnished(server: Server) -> Server:
    """A lobby with something in it to look at."""
    member, other = Visitor(server.url).sign_in("member"), Visitor(server.url).sign_in("other")
    first, second = Room(member, "lobby").hello(), Room(other, "lobby").hello()
    first.say("Good evening, everybody.")
    first.waits_for("Good evening, everybody.")
    first.say("There is **tea**, and https://example.org/a-rather-long-address/that-does-not-end/for-a-long-while")
    second.say("Lovely.\n\n- milk\n- honey\n\n> and quiet\n\n`kettle --on`")
    first.read(within=1)
    first.socket.close()
    second.socket.close()
    for item in ("A kettle", "A-word-that-is-rather-long-and-does-not-end-where-a-narrow-window-would-like-it-to"):
        order(member, item, note="With a handle that does not get hot, and a spout that does not drip.")
    return server


@pytest.mark.parametrize(("name", "path"), EVERY, ids=[f"{name or 'nobody'} {path}" for name, path in EVERY])
def test_a_page_has_no_serious_fault_at_any_size(person: Invite, furnished: Server, name: str, path: str) -> None:
    somebody = person(furnished)
    if name:
        somebody.sign_in(name)
    somebody.go(path)
    if somebody.page.locator("section.talk").count():
        somebody.wait_live()
    _fits(somebody, f"{name or 'nobody'}{path.replace('/', '-')}")
    _is_for_everybody(somebody)


def test_the_admin_keeps_the_policy(person: Invite, furnished: Server) -> None:
    staff = person(furnished).sign_in("staff")
    for path in ADMIN:
        answer = staff.page.goto(staff.url + path)
        assert answer is not None
        assert answer.status == 200, path
        bell(staff)
    assert not staff.violations


def test_the_admin_keeps_the_policy_where_a_list_has_no_actions(
    person: Invite, new_house: Callable[..., House], tmp_path: Path
) -> None:
    (tmp_path / "bare.py").write_text(WITHOUT_ACTIONS)
    house = new_house(DJANGO_SETTINGS_MODULE="bare", PYTHONPATH=f"{tmp_path}:{ROOT}:{ROOT / 'site'}")
    staff = bell(person(house.open()).sign_in("staff"), "/admin/rooms/room/")
    assert not staff.page.locator("select[name=action]").count()
    assert not staff.violations
    assert not staff.errors


@pytest.mark.parametrize("path", ["/", "/rooms/lobby/", "/admin/shop/order/"])
def test_an_open_bell_fits_and_is_for_everybody(person: Invite, furnished: Server, path: str) -> None:
    staff = opened(bell(person(furnished).sign_in("staff"), path))
    expect(alerts(staff).first).to_be_visible()
    _fits(staff, f"bell{path.replace('/', '-')}")
    _is_for_everybody(staff, "#bell")
    staff.page.set_viewport_size({"width": 360, "height": 640})
    card = staff.page.locator(".bell-card").bounding_box()
    assert card
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 360
    assert card["y"] + card["height"] <= 640


def test_the_bell_is_used_by_keyboard_and_read_aloud(person: Invite, furnished: Server) -> None:
    staff = bell(person(furnished).sign_in("staff"), "/")
    for _ in range(12):
        staff.page.keyboard.press("Tab")
        if staff.page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    staff.page.keyboard.press("Enter")
    expect(alerts(staff).first).to_be_visible()
    names = [each.text_content() or "" for each in staff.page.locator("#bell-lines button, #bell-lines a").all()]
    assert all(name.strip() for name in names)
    assert len(set(names)) == len(names), "two that sound alike"


def test_who_has_no_bell_has_no_errors(person: Invite, furnished: Server) -> None:
    nobody, robin = person(furnished), person(furnished).be_guest("Robin")
    for path in ("/", "/rooms/lobby/", "/rooms/team/", "/shop/", "/accounts/login/", "/accounts/signup/"):
        nobody.go(path)
        expect(nobody.page.locator("#bell, [ws-connect='/ws/alerts/']")).to_have_count(0)
    for path in ("/", "/rooms/lobby/", "/shop/", "/accounts/profile/"):
        robin.go(path)
    for somebody in (nobody, robin):
        assert not [line for line in somebody.errors if "403" not in line], somebody.errors


def test_every_answer_carries_the_policy(furnished: Server, visitor: Meet) -> None:
    member = visitor(furnished).sign_in("member")
    for path in {path for _, path in EVERY} | {"/healthz", "/accounts/u1.css", "/accounts/u1.svg"}:
        headers = member.get(path).headers
        policy = headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers.get("X-Content-Type-Options") == "nosniff", path


def test_the_room_can_be_used_by_keyboard(person: Invite, furnished: Server) -> None:
    member = person(furnished).sign_in("member").open_room("lobby")
    member.page.keyboard.press("Tab")
    assert member.page.evaluate("document.activeElement.textContent") == "Skip to content"
    member.box.focus()
    member.page.keyboard.type("by keyboard alone")
    member.page.keyboard.press("Enter")
    member.sees("by keyboard alone")
    assert member.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Message"
    assert member.page.title().startswith("Lobby")


def test_news_is_spoken_once_and_calmly(person: Invite, furnished: Server) -> None:
    member = person(furnished).sign_in("member").open_room("lobby")
    other = person(furnished).sign_in("other").open_room("lobby")
    other.say("for the ear")
    member.sees("for the ear")
    spoken = member.page.locator(f"#{member.key}-announce")
    assert "for the ear" in (spoken.text_content() or "")
    polite = member.page.locator("section.talk [aria-live=polite], section.talk [role=status], section.talk [role=log]")
    loud = [each for each in polite.all() if "for the ear" in (each.text_content() or "")]
    assert len(loud) == 1


def _fits(somebody: Person, name: str) -> None:
    """Nothing is wider than its window. What can be seen is kept as a photograph, for people."""
    folder = RESULTS / "looks"
    folder.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        somebody.page.set_viewport_size({"width": width, "height": 800})
        wide = somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"
        for scheme in SCHEMES if width in PHOTOGRAPHED else ():
            somebody.page.emulate_media(color_scheme=scheme)
            photograph = folder / f"{name}{width}-{scheme}.png"
            somebody.page.screenshot(path=photograph, caret="initial")  # hiding it leaves inline styles


def _is_for_everybody(somebody: Person, part: str = "html") -> None:
    """No serious finding of axe in this part of the page, by day or night."""
    for scheme in SCHEMES:
        somebody.page.emulate_media(color_scheme=scheme)
        found = Axe().run(somebody.page, part).response["violations"]
        serious = [each for each in found if each["impact"] in SERIOUS]
        words = [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in serious]
        assert not words, f"{scheme}: {words}"
