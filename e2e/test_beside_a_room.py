"""A bell beside a room leaves it alone: its cursors, its composer, the focus, the caret and the place of who reads."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import alerts, at_peace, bell, count, opened
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server

Invite = Callable[..., Person]


def test_a_bell_beside_a_room_leaves_its_composer_and_its_cursor_alone(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), person(server).sign_in("other")
    bell(staff.open_room("team"))
    cursors = staff.page.locator("#room-team-resume [name=cursor]:not([value^='people.'])")
    held = cursors.evaluate_all("fields => fields.map(field => field.value)")
    staff.type("half a thou")
    staff.box.focus()
    other.open_room("lobby").say("@staff, look up")
    toast = staff.page.locator(".pl-toast", has_text="mentioned you")
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
    staff, other = at_peace(person(server)), RoomSocket(HttpClient(server.url).sign_in("other"), "lobby").hello()
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
