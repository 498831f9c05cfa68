"""The bell in a browser: beside a room, in the admin, in every tab, and after its line was cut."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .ground.bells import alerts, bell, count, none, opened
from .ground.cable import Cable
from .ground.houses import House
from .ground.people import Person
from .ground.servers import Server
from .ground.shops import order
from .ground.tabs import IN_A_HURRY
from .ground.visitors import Visitor
from .ground.waiting import pause
from .ground.wire import Room

Invite = Callable[..., Person]


def at_peace(staff: Person) -> Person:
    """Somebody who has read all that there was."""
    opened(bell(staff.sign_in("staff"), "/"))
    staff.page.get_by_role("button", name="All read").click()
    expect(staff.page.locator("#bell-lines .unread")).to_have_count(0)
    none(staff)
    return staff


def test_a_mention_rings_everywhere_and_is_dealt_with_in_one_place(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), person(server).sign_in("other")
    bell(staff, "/alerts/")
    admin, room = bell(staff.tab(), "/admin/rooms/room/"), bell(staff.tab(), "/rooms/team/")
    other.open_room("lobby").say("@staff, is there tea?")
    for tab in (staff, admin, room):
        count(tab, "1")
    expect(staff.page.get_by_role("list", name="Alerts")).to_contain_text("other mentioned you in Lobby")
    opened(admin)
    for tab in (staff, admin, room):
        none(tab)
    admin.page.locator("#bell-lines a").first.click()
    expect(admin.page.locator(".message .mention")).to_have_text("@staff")
    expect(staff.page.locator(".alerts .unread")).to_have_count(0)


def test_an_open_bell_keeps_the_focus_and_what_is_archived_comes_back(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), person(server).sign_in("other")
    other.open_room("lobby").say("@staff, one")
    opened(bell(staff, "/"))
    button = staff.page.get_by_role("button", name="Archive: other mentioned you").first
    button.focus()
    lines = staff.page.locator("#bell-lines .alert")
    before = lines.count()
    person(server).sign_in("member").open_room("lobby").say("@staff, you are wanted")
    expect(lines).to_have_count(before + 1)
    expect(button).to_be_focused()
    other.say("@staff, two").say("@staff, three")
    expect(staff.page.locator("#bell-lines")).to_contain_text("other mentioned you in Lobby, 3 times")
    expect(lines).to_have_count(before + 1)
    expect(staff.page.get_by_role("button", name="Archive: other mentioned you in Lobby, 3 times")).to_be_focused()
    assert staff.page.locator("#bell-menu").get_attribute("open") is not None
    staff.page.keyboard.press("Enter")
    expect(lines).to_have_count(before)
    expect(staff.page.locator("#bell-lines")).not_to_contain_text("3 times")
    staff.page.get_by_role("button", name="Undo").click()
    expect(lines).to_have_count(before + 1)


def test_without_its_socket_a_press_counts_and_the_page_shows_it(
    new_house: Callable[..., House], cable: Callable[..., Cable], person: Invite
) -> None:
    server = new_house(**IN_A_HURRY).open()
    line = cable(server)
    staff, other = at_peace(person(line)), person(server).sign_in("other")
    bell(staff, "/alerts/")
    lobby, team = other.open_room("lobby"), person(server).sign_in("member").open_room("team")
    lobby.say("@staff, in silence")
    team.say("@staff, as well")
    count(staff, "2")
    line.silence_sockets()
    rows = staff.page.locator(".alerts .alert")
    ours = rows.filter(has_text="other mentioned you in Lobby").first
    ours.get_by_role("button", name="Archive").click()
    count(staff, "1")
    expect(rows.filter(has_text="@staff, in silence")).to_have_count(0)
    staff.page.get_by_role("button", name="Undo").click()
    expect(rows.filter(has_text="@staff, in silence")).to_have_count(1)
    opened(staff)
    staff.page.locator("#bell-lines").get_by_role("button", name="Mark read: member mentioned you").click()
    expect(staff.page.locator("#bell-lines .unread", has_text="member mentioned you")).to_have_count(0)
    staff.page.locator(".bell-head").get_by_role("button", name="All read").click()
    expect(staff.page.locator("#bell-lines .unread")).to_have_count(0)
    none(staff)
    line.mend()
    staff.hurry()
    lobby.say("@staff, aloud")
    expect(staff.page.locator("#bell-count .pill")).to_have_text("1", timeout=60_000)
    expect(staff.page.locator("#bell-lines .unread")).to_have_count(1)


def test_a_bell_beside_a_room_leaves_its_composer_and_its_cursor_alone(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), person(server).sign_in("other")
    bell(staff.open_room("team"))
    cursors = staff.page.locator("#room-team-resume [name=cursor]:not([value^='people.'])")
    held = cursors.evaluate_all("fields => fields.map(field => field.value)")
    staff.type("half a thou")
    staff.box.focus()
    other.open_room("lobby").say("@staff, look up")
    toast = staff.page.locator(".toast", has_text="mentioned you")
    expect(toast).to_be_visible()
    under, over = toast.bounding_box(), staff.page.locator("#room-team-composer").bounding_box()
    assert under
    assert over
    assert under["y"] + under["height"] < over["y"]
    assert staff.box.input_value() == "half a thou"
    assert cursors.evaluate_all("fields => fields.map(field => field.value)") == held
    assert staff.page.evaluate("document.activeElement.name") == "text"
    staff.page.get_by_role("button", name="Dismiss: other mentioned you").click()
    expect(toast).to_have_count(0)
    staff.box.press("End")
    staff.page.keyboard.type("ght")
    staff.send().sees("half a thought")


WATCH = """
(key) => {
  const box = document.querySelector(`#${key}-box [name=text]`), scroll = document.querySelector(`#${key}-scroll`);
  window.disturbed = [];
  box.addEventListener("blur", () => disturbed.push("focus"));
  box.addEventListener("input", () => disturbed.push("text"));
  scroll.addEventListener("scroll", () => disturbed.push("scroll"));
  document.addEventListener("selectionchange", () => disturbed.push("caret"));
}
"""
STANDS = """
(key) => {
  const box = document.activeElement, cursors = `#${key}-resume [name=cursor]:not([value^="people."])`;
  return [document.querySelector(`#${key}-scroll`).scrollTop, box.name, box.value, box.selectionStart, box.selectionEnd,
    ...[...document.querySelectorAll(cursors)].map((each) => each.value)];
}
"""


def test_an_open_bell_beside_a_room_disturbs_nobody_while_alerts_pour_in(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), Room(Visitor(server.url).sign_in("other"), "lobby").hello()
    staff.page.set_viewport_size({"width": 1280, "height": 500})
    bell(staff.open_room("team"))
    for number in range(20):
        staff.say(f"something to scroll through {number}")
    staff.log.get_by_text("something to scroll through 3", exact=True).scroll_into_view_if_needed()
    opened(staff)
    staff.type("half a thought, and a half")
    staff.box.focus()
    staff.page.evaluate("document.activeElement.setSelectionRange(5, 14)")
    before = staff.page.evaluate(STANDS, staff.key)
    assert before[0] < 0, "nothing to scroll"
    staff.page.evaluate(WATCH, staff.key)
    for number in range(10):
        other.say(f"@staff, look up {number}")
    other.waits_for("@staff, look up 9")
    expect(alerts(staff).first).to_contain_text("10 times")
    expect(staff.page.locator("#bell-menu")).to_have_attribute("open", "")
    count(staff, "10")
    assert staff.page.evaluate("disturbed") == []
    assert staff.page.evaluate(STANDS, staff.key) == before
    staff.page.keyboard.type("notion")
    staff.page.keyboard.press("Enter")
    staff.sees("half notion, and a half")


def test_a_bell_that_was_cut_off_is_right_when_it_returns(
    server: Server, cable: Callable[..., Cable], person: Invite
) -> None:
    line = cable(server)
    staff, other = at_peace(person(line)), person(server).sign_in("other")
    bell(staff, "/")
    other.open_room("lobby")
    line.cut()
    other.say("@staff, one").say("@staff, two")
    pause(3)
    none(staff)
    line.mend()
    expect(staff.page.locator("#bell-count .pill")).to_have_text("2", timeout=40_000)
    other.say("@staff, three")
    count(staff, "3")


@pytest.mark.faults
def test_a_bell_that_was_cut_off_for_a_minute_is_right_when_it_returns(
    server: Server, cable: Callable[..., Cable], person: Invite
) -> None:
    line = cable(server)
    staff, elsewhere = at_peace(person(line)), bell(person(server).sign_in("staff"), "/alerts/")
    other = person(server).sign_in("other").open_room("lobby")
    bell(staff, "/rooms/team/")
    other.say("@staff, before")
    count(staff, "1")
    line.cut()
    for minute in range(6):
        other.say(f"@staff, meanwhile {minute}")
        order(Visitor(server.url).sign_in("member"), f"Meanwhile {minute}")
        pause(10)
    opened(elsewhere).page.get_by_role("button", name="Archive: other mentioned you").last.click()
    count(staff, "1")
    line.mend()
    none(staff, within=70)
    lines = [each.page.locator("#bell-lines .alert").all_inner_texts() for each in (staff, elsewhere)]
    assert lines[0] == lines[1]
    other.say("@staff, after")
    for tab in (staff, elsewhere):
        count(tab, "1")
