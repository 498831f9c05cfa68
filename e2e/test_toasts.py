"""Toasts: three at most, never over a composer, gone by themselves or by a key, and said once to who listens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import bell, toasts
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.shop import order
from .support.tabs import FAST_CLOCKS, SPEED_UP

Invite = Callable[..., Person]
NAMES = ("Kim", "Lou", "Max", "Nia", "Ole", "Pat")
LASTS = 9.0  # seconds
PHONES = {"a phone": (360, 640), "a phone with its keyboard up": (360, 380), "the narrowest": (320, 480)}


def welcomed(deployment: Deployment) -> Server:
    """A server on which staff have spoken in the lobby: then guests' mentions reach them."""
    server = deployment.start_server()
    RoomSocket(HttpClient(server.url).sign_in("staff"), "lobby").hello().say("Welcome, everybody.")
    return server


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Server:
    return welcomed(deployment)


def mention(server: Server, name: str, words: str = "look") -> None:
    """A guest names staff in the lobby."""
    room = RoomSocket(HttpClient(server.url).be_guest(name), "lobby").hello()
    room.say(f"@staff, {words}")
    room.waits_for(f"@staff, {words}")
    room.socket.close()


def test_ever_so_many_alerts_are_three_toasts_at_most(person: Invite, server: Server) -> None:
    staff = bell(person(server).sign_in("staff"), "/")
    for name in NAMES:
        mention(server, name)
        expect(toasts(staff).last).to_contain_text(f"{name} mentioned you")
        assert toasts(staff).count() <= 3
    assert toasts(staff).count() == 3
    expect(staff.page.locator(".pl-toast")).to_have_count(3)


@pytest.mark.parametrize("size", PHONES.values(), ids=PHONES)
@pytest.mark.parametrize("lines", [1, 6])
def test_toasts_leave_the_composer_alone(person: Invite, server: Server, size: tuple[int, int], lines: int) -> None:
    staff = person(server, viewport={"width": size[0], "height": size[1]}).sign_in("staff")
    bell(staff.open_room("team"))
    if lines > 1:
        staff.page.get_by_role("button", name="Several lines").click()
        staff.type("a line of verse\n" * lines)
    staff.box.focus()
    for name in NAMES[:3]:
        mention(server, f"{name} {size[0]}x{size[1]} {lines}", "there is more to say than a line holds; " * 3 + "so")
        expect(toasts(staff).last).to_contain_text(f"{name} {size[0]}x{size[1]} {lines} mentioned you")
    expect(toasts(staff)).to_have_count(2 if size[1] > 559 else 1)
    composer = staff.page.locator(f"#{staff.key}-composer").bounding_box()
    assert composer
    for toast in toasts(staff).all():
        box = toast.bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= composer["y"], "a toast lies on the composer"
    expect(staff.box).to_be_focused()
    staff.page.get_by_role("button", name="Send", exact=True).click(trial=True, timeout=2_000)


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


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_toast_leaves_by_itself_and_waits_for_who_reads_it(
    person: Invite, new_deployment: Callable[..., Deployment], motion: str
) -> None:
    server = welcomed(new_deployment(**FAST_CLOCKS))
    staff = bell(person(server, reduced_motion=motion).sign_in("staff").speed_up(), "/")
    mention(server, "Robin")
    toast = toasts(staff)
    expect(toast).to_have_count(1)
    toast.hover()
    with pytest.raises(AssertionError):
        expect(toast).to_have_count(0, timeout=1.3 * LASTS / SPEED_UP * 1000)
    staff.page.mouse.move(5, 5)
    expect(staff.page.locator(".pl-toast")).to_have_count(0, timeout=1.5 * LASTS / SPEED_UP * 1000)


def test_who_is_told_as_a_person_and_as_staff_gets_both_toasts(person: Invite, server: Server) -> None:
    staff = bell(person(server).sign_in("staff"), "/")
    buyer = HttpClient(server.url).sign_in("staff")
    order(buyer, "For myself")
    for words in ("New order: For myself", "is placed"):
        expect(toasts(staff).filter(has_text=words)).to_have_count(1, timeout=2_000)
