"""Toasts: three at most, never over a composer, gone by themselves or by a key, and said once to who listens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import bell, toasts
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually, holds

Invite = Callable[..., Person]
SETTINGS = FAST_CLOCKS
NAMES = ("Kim", "Lou", "Max", "Nia", "Ole", "Pat")
PHONES = ((360, 640), (320, 480), (360, 380))  # a phone, the narrowest, one with its keyboard up


@pytest.fixture(scope="module", autouse=True)
def _welcome(server: Server) -> None:
    """Staff have spoken in the lobby: then guests' mentions reach them."""
    RoomSocket(HttpClient(server.url).sign_in("staff"), "lobby").hello().say("Welcome, everybody.")


def mention(server: Server, name: str, words: str = "look") -> None:
    """A guest names staff in the lobby."""
    room = RoomSocket(HttpClient(server.url).be_guest(name), "lobby").hello()
    room.say(f"@staff, {words}")
    room.waits_for(f"@staff, {words}")
    room.socket.close()


def test_ever_so_many_alerts_are_three_toasts_at_most_and_leave_the_composer_alone(
    person: Invite, server: Server
) -> None:
    staff = bell(person(server).sign_in("staff").open_room("team"))
    staff.speed_up(0.1)  # or the first would leave before the last has come
    for name in NAMES:
        mention(server, name, "there is more to say than a line holds; " * 3 + "so")
        expect(toasts(staff).last).to_contain_text(f"{name} mentioned you")
        assert toasts(staff).count() <= 3
    expect(toasts(staff)).to_have_count(3)
    expect(staff.page.locator(".pl-toast")).to_have_count(3)
    _toasts_leave_the_composer_alone(staff, *PHONES[0])
    staff.page.get_by_role("button", name="Several lines").click()
    staff.type("a line of verse\n" * 6)
    for size in PHONES:
        _toasts_leave_the_composer_alone(staff, *size)


def _toasts_leave_the_composer_alone(staff: Person, width: int, height: int) -> None:
    staff.page.set_viewport_size({"width": width, "height": height})
    staff.box.focus()
    expect(toasts(staff)).to_have_count(2 if height > 559 else 1)
    for toast in toasts(staff).all():
        box = toast.bounding_box()
        assert box
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= width

    def gap() -> float:
        """Between the lowest toast and the composer."""
        composer = staff.page.locator(f"#{staff.key}-composer").bounding_box()
        lowest = toasts(staff).last.bounding_box()
        assert composer
        assert lowest
        return composer["y"] - lowest["y"] - lowest["height"]

    eventually(lambda: 0 <= gap() <= 16, 10, "toasts right above the composer")
    expect(staff.box).to_be_focused()
    staff.page.get_by_role("button", name="Send", exact=True).click(trial=True)


def test_a_toast_is_dismissed_by_keyboard_and_said_once(person: Invite, server: Server) -> None:
    staff = bell(person(server).sign_in("staff"), "/")
    mention(server, "Robin")
    toast = toasts(staff).filter(has_text="Robin mentioned you")
    expect(toast).to_be_visible()
    spoken = staff.page.locator("[role=status], [role=alert], [aria-live]").filter(has_text="Robin mentioned you")
    expect(spoken).to_have_count(1)
    for _ in range(30):
        staff.page.keyboard.press("Tab")
        if "Dismiss" in staff.page.evaluate("document.activeElement.textContent"):
            break
    expect(toast.get_by_role("button", name="Dismiss: Robin mentioned you")).to_be_focused()
    staff.page.keyboard.press("Enter")
    expect(toast).to_have_count(0)


def test_a_toast_leaves_by_itself_and_waits_for_who_reads_it(person: Invite, server: Server) -> None:
    still, reader = (
        bell(person(server, reduced_motion=motion).sign_in("staff"), "/") for motion in ("reduce", "no-preference")
    )
    mention(server, "Sam")
    toasts(reader).hover()
    for tab in (still, reader):
        tab.speed_up()
    expect(still.page.locator(".pl-toast")).to_have_count(0)
    holds(lambda: toasts(reader).count() == 1, 1, "a toast that somebody reads")
    reader.page.mouse.move(5, 5)
    expect(reader.page.locator(".pl-toast")).to_have_count(0)
