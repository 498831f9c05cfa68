"""Toasts: three at most, never over a composer, gone by themselves or by a key, and said once to who listens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .ground.bells import bell, toasts
from .ground.houses import House
from .ground.people import Person
from .ground.servers import Server
from .ground.shops import order
from .ground.tabs import HURRY, IN_A_HURRY
from .ground.visitors import Visitor
from .ground.waiting import eventually
from .ground.wire import Room

Invite = Callable[..., Person]
LASTS = 9.0  # seconds
PHONES = {"a phone": (360, 640), "a phone with its keyboard up": (360, 380), "the narrowest": (320, 480)}


def mentions(server: Server, *words: str) -> Room:
    """`other` names staff in the lobby, once for each of these words."""
    room = Room(Visitor(server.url).sign_in("other"), "lobby").hello()
    for word in words:
        room.say(f"@staff, {word}")
    return room


def test_ever_so_many_alerts_are_three_toasts_at_most(person: Invite, server: Server) -> None:
    staff = bell(person(server).sign_in("staff"), "/")
    words = [f"toast {number}" for number in range(12)]
    room = mentions(server, *words)
    most = 0

    def look() -> bool:
        nonlocal most
        most = max(most, toasts(staff).count())
        return "toast 11" in (toasts(staff).last.text_content() or "")

    eventually(look, 5, "the newest")
    assert most == 3, f"{most} at once"
    staff.page.mouse.move(5, 5)
    room.socket.close()


@pytest.mark.parametrize("size", PHONES.values(), ids=PHONES)
@pytest.mark.parametrize("lines", [1, 6])
def test_toasts_leave_the_composer_alone(person: Invite, server: Server, size: tuple[int, int], lines: int) -> None:
    staff = person(server, viewport={"width": size[0], "height": size[1]}).sign_in("staff")
    bell(staff.open_room("team"))
    if lines > 1:
        staff.page.get_by_role("button", name="Several lines").click()
        staff.type("a line of verse\n" * lines)
    staff.box.focus()
    other, there = mentions(server), staff.page.locator(".toast")
    while there.count() < 3:
        before = there.count()
        other.say("@staff, a mention that has rather more to say than one line holds " * 2)
        eventually(lambda before=before: there.count() > before, 5, "one toast more")
    expect(toasts(staff)).to_have_count(3 if size[1] > 559 else 1)
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
    mentions(server, "by key alone")
    toast = toasts(staff).filter(has_text="other mentioned you")
    expect(toast).to_be_visible()
    spoken = staff.page.locator("[role=status], [role=alert], [aria-live]").filter(has_text="other mentioned you")
    expect(spoken).to_have_count(1)
    for _ in range(30):
        staff.page.keyboard.press("Tab")
        if "Dismiss" in staff.page.evaluate("document.activeElement.textContent"):
            break
    expect(toast.get_by_role("button", name="Dismiss: other mentioned you")).to_be_focused()
    staff.page.keyboard.press("Enter")
    expect(toast).to_have_count(0)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_toast_leaves_by_itself_and_waits_for_who_reads_it(
    person: Invite, new_house: Callable[..., House], motion: str
) -> None:
    server = new_house(**IN_A_HURRY).open()
    staff = bell(person(server, reduced_motion=motion).sign_in("staff").hurry(), "/")
    mentions(server, "for a while")
    toast = toasts(staff)
    expect(toast).to_have_count(1)
    toast.hover()
    with pytest.raises(AssertionError):
        expect(toast).to_have_count(0, timeout=1.3 * LASTS / HURRY * 1000)
    staff.page.mouse.move(5, 5)
    expect(staff.page.locator(".toast")).to_have_count(0, timeout=1.5 * LASTS / HURRY * 1000)


def test_who_is_told_as_a_person_and_as_staff_gets_both_toasts(person: Invite, server: Server) -> None:
    staff = bell(person(server).sign_in("staff"), "/")
    buyer = Visitor(server.url).sign_in("staff")
    for number in range(5):
        order(buyer, f"For myself {number}")
        for words in (f"New order: For myself {number}", "is placed"):
            expect(toasts(staff).filter(has_text=words)).to_have_count(1, timeout=2_000)
        for left in (1, 0):
            toasts(staff).last.get_by_role("button", name="Dismiss").click()
            expect(toasts(staff)).to_have_count(left)
