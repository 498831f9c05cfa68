"""The bell in a browser: beside a room, in the admin, without its socket, and after its connection was cut."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import alerts, at_peace, bell, count, none, opened, toasts, unseen
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually

Invite = Callable[..., Person]
Proxy = Callable[[Server], FlakyProxy]
SETTINGS = {**FAST_CLOCKS, "ROOMS_POST_RATE": "1000/1000"}
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
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STANDS = """
(key) => {
  const box = document.activeElement, moving = '[value^="people."], [value^="unread:"]';
  const cursors = `#${key}-resume [name=cursor]:not(${moving})`;
  return [document.querySelector(`#${key}-scroll`).scrollTop, box.name, box.value, box.selectionStart, box.selectionEnd,
    ...[...document.querySelectorAll(cursors)].map((each) => each.value)];
}
"""


def talker(server: Server, name: str, room: str = "lobby") -> RoomSocket:
    return RoomSocket(HttpClient(server.url).sign_in(name), room).hello()


def test_an_open_bell_keeps_the_focus_and_what_is_archived_comes_back(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), talker(server, "other")
    other.say("@staff, one")
    opened(bell(staff, "/"))
    button, lines = staff.page.get_by_role("button", name="Archive: other mentioned you").first, alerts(staff)
    dismiss = staff.page.locator("#bell-done").get_by_role("button", name="Dismiss")
    button.focus()
    before = lines.count()
    talker(server, "member").say("@staff, you are wanted")
    expect(lines).to_have_count(before + 1)
    expect(button).to_be_focused()
    other.say("@staff, two")
    other.say("@staff, three")
    expect(staff.page.locator("#bell-lines")).to_contain_text("other mentioned you in Lobby, 3 times")
    expect(lines).to_have_count(before + 1)
    expect(staff.page.get_by_role("button", name="Archive: other mentioned you in Lobby, 3 times")).to_be_focused()
    expect(staff.page.locator("#bell-card")).to_be_visible()
    staff.page.keyboard.press("Enter")
    expect(lines).to_have_count(before)
    expect(staff.page.locator("#bell-lines")).not_to_contain_text("3 times")
    expect(staff.page.get_by_role("button", name="Undo")).to_be_focused()
    staff.page.keyboard.press("Enter")
    expect(lines).to_have_count(before + 1)
    expect(dismiss).to_be_focused()
    wanted = staff.page.locator("#bell-lines li", has_text="member mentioned you")
    for name, toast in (("Mark read", "Undo"), ("Mark unread", "Dismiss")):
        wanted.get_by_role("button", name=name).press("Enter")
        expect(wanted.get_by_role("button", name=name)).to_have_count(0)
        expect(staff.page.locator("#bell-done").get_by_role("button", name=toast)).to_be_focused()
    staff.page.locator("#bell-lines a", has_text="member mentioned you").click()
    expect(staff.page.locator(".pl-message .pl-mention").last).to_have_text("@staff")


def test_the_page_of_all_alerts_keeps_the_focus_on_an_alert_that_is_marked(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), talker(server, "other")
    other.say("@staff, look here")
    bell(staff, "/alerts/")
    for name in ("Mark read", "Mark unread", "Mark read"):
        button = staff.page.locator("#alerts-list .pl-alert", has_text="look here").get_by_role("button", name=name)
        button.focus()
        staff.page.keyboard.press("Enter")
        expect(button).to_have_count(0)
        expect(
            staff.page.locator("#alerts-list .pl-alert", has_text="look here").locator("button").first
        ).to_be_focused()


def test_an_open_bell_beside_a_room_disturbs_nobody_while_alerts_pour_in(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), talker(server, "other")
    talker(server, "member", "team").say(*(f"something to scroll through {number}" for number in range(20)))
    staff.page.set_viewport_size({"width": 1280, "height": 500})
    bell(staff.open_room("team"))
    staff.log.get_by_text("something to scroll through 3", exact=True).last.scroll_into_view_if_needed()
    opened(staff).type("half a thought, and a half")
    staff.box.focus()
    staff.page.evaluate("document.activeElement.setSelectionRange(5, 14)")
    staff.page.evaluate(DRAWN)  # only then are scrolling and the caret over with
    before = staff.page.evaluate(STANDS, staff.key)
    assert before[0] < 0, "nothing to scroll"
    staff.page.evaluate(WATCH, staff.key)
    for number in range(10):
        other.say(f"@staff, look up {number}")
    other.waits_for("@staff, look up 9")
    expect(alerts(staff).first).to_contain_text("10 times")
    expect(staff.page.locator("#bell-card")).to_be_visible()
    count(staff, "10")
    assert staff.page.evaluate("disturbed") == []
    assert staff.page.evaluate(STANDS, staff.key) == before
    staff.page.keyboard.type("notion")
    staff.page.keyboard.press("Enter")
    staff.sees("half notion, and a half")


def test_the_card_closes_by_key_by_a_press_elsewhere_and_when_the_page_changes(server: Server, person: Invite) -> None:
    staff = at_peace(person(server))
    talker(server, "member").say("@staff, over here")
    bell(staff, "/rooms/team/")
    count(staff, "1")
    card, rooms = staff.page.locator("#bell-card"), staff.page.get_by_role("navigation", name="Rooms")
    opened(staff)
    expect(alerts(staff).first).to_contain_text("over here")
    staff.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(staff.page.get_by_role("button", name="Alerts")).to_be_focused()
    none(staff)
    opened(staff)
    staff.page.mouse.click(200, 400)
    expect(card).to_be_hidden()
    staff.box.focus()
    opened(staff)
    rooms.get_by_role("link", name="Lobby").focus()
    expect(card).to_be_visible()
    staff.page.keyboard.press("Enter")
    expect(staff.page.get_by_role("heading", level=1, name="Lobby")).to_be_visible()
    expect(card).to_be_hidden()
    opened(staff)
    expect(alerts(staff).first).to_contain_text("over here")
    talker(server, "member").say("@staff, once more")
    expect(alerts(staff).first).to_contain_text("2 times")
    staff.page.go_back()
    expect(staff.page.get_by_role("heading", level=1, name="Team")).to_be_visible()
    expect(card).to_be_hidden()
    opened(staff)
    none(staff)


def test_mark_all_read_marks_what_the_page_showed(server: Server, person: Invite) -> None:
    staff = opened(at_peace(person(server)))
    member = talker(server, "member")
    member.say("@staff, shown")
    expect(alerts(opened(staff)).first).to_contain_text("shown")
    staff.page.route("**/alerts/read/**", lambda route: (member.say("@staff, not yet"), route.continue_()))
    staff.page.get_by_role("button", name="Mark all read").click()
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(1)
    expect(staff.page.locator("#bell-lines .pl-unread")).to_contain_text("not yet")
    staff.page.locator("#bell-card").get_by_role("button", name="Undo").click()
    expect(staff.page.locator("#bell-lines .pl-unread")).to_contain_text("2 times")


def test_what_is_in_front_of_somebody_makes_no_toast_and_no_count(
    server: Server, deployment: Deployment, person: Invite
) -> None:
    def at_the_page() -> int:
        return len(deployment.rows("SELECT holder FROM parlour_lease WHERE name LIKE %s", "reading.%"))

    staff, member = at_peace(person(server)), talker(server, "member")
    elsewhere = bell(staff.tab(), "/shop/")
    member.say("@staff, come here")
    count(elsewhere, "1")
    bell(staff.open_room("lobby")).page.locator(".pl-scroll").hover()
    none(elsewhere)
    eventually(at_the_page, 10, "somebody at the page")
    member.say("@staff, look")
    staff.sees("@staff, look")
    staff.page.evaluate("dispatchEvent(new Event('blur'))")
    eventually(lambda: not at_the_page(), 10, "nobody at the page")
    assert unseen(elsewhere) == 0
    member.say("@staff, where are you?")
    count(elsewhere, "1")
    expect(toasts(elsewhere)).to_have_count(1)


def test_who_is_added_to_a_room_hears_of_it_and_finds_it_beside_the_talk(server: Server, person: Invite) -> None:
    other, staff = bell(person(server).sign_in("other").open_room("lobby")), person(server).sign_in("staff")
    rooms = other.page.get_by_role("navigation", name="Rooms")
    expect(rooms.get_by_role("link", name="Team")).to_have_count(0)
    staff.go("/rooms/team/members/").page.locator("[name=username]").fill("other")
    staff.page.get_by_role("button", name="Add").click()
    count(other, "1")
    expect(alerts(opened(other)).first).to_contain_text("staff added you to Team")
    other.page.keyboard.press("Escape")
    rooms.get_by_role("link", name="Team").click()
    expect(other.page.get_by_role("heading", level=1, name="Team")).to_be_visible()
    other.wait_live().page.locator(".pl-scroll").hover()
    none(other)
    staff.page.get_by_role("button", name="Remove other").click()
    expect(other.page.get_by_text("only its members can read it")).to_be_visible()
    expect(rooms.get_by_role("link", name="Team")).to_have_count(0)
    assert not other.errors


def test_without_its_socket_a_press_counts_and_the_page_shows_it(
    server: Server, flaky_proxy: Proxy, person: Invite
) -> None:
    line = flaky_proxy(server)
    staff = bell(at_peace(person(line)), "/alerts/")
    lobby, team = talker(server, "other"), talker(server, "member", "team")
    lobby.say("@staff, in silence")
    team.say("@staff, as well")
    count(staff, "2")
    line.silence_sockets()
    rows = staff.page.locator(".pl-alerts .pl-alert")
    ours = rows.filter(has_text="@staff, in silence")
    ours.get_by_role("button", name="Archive").click()
    count(staff, "1")
    expect(ours).to_have_count(0)
    staff.page.get_by_role("button", name="Undo").click()
    expect(ours).to_have_count(1)
    with staff.page.expect_response("**/alerts/lines/**") as lines:  # an answer on its way would undo the next press
        opened(staff)
    lines.value.finished()
    staff.page.wait_for_load_state("networkidle")
    staff.page.locator("#bell-lines").get_by_role("button", name="Mark read: member mentioned you").first.click()
    expect(staff.page.locator("#bell-lines .pl-unread", has_text="as well")).to_have_count(0)
    staff.page.locator(".pl-bell-head").get_by_role("button", name="Mark all read").click()
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(0)
    none(staff)
    line.mend()
    staff.speed_up()
    lobby.say("@staff, aloud")
    count(staff, "1", within=60)
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(1)


def test_a_bell_first_opened_without_a_connection_fills_itself_when_it_is_back(
    server: Server, person: Invite, flaky_proxy: Proxy
) -> None:
    line = flaky_proxy(server)
    member = bell(person(line).sign_in("member"), "/")
    other = talker(server, "other")
    other.say("@member, are you there?")
    count(member, "1")
    line.cut()
    other.say("@member, hello?")
    member.page.locator("#bell-open").click()
    line.mend()
    expect(alerts(member).first).to_contain_text("other mentioned you in Lobby, 2 times", timeout=30_000)


def test_a_bell_opened_after_a_sign_out_elsewhere_says_so(server: Server, person: Invite) -> None:
    member = bell(person(server).sign_in("member"), "/")
    member.context.clear_cookies()
    member.page.locator("#bell-open").click()
    expect(member.page.locator("#bell .pl-bell-lines")).to_contain_text("You are not signed in. Sign in")
    expect(member.page.locator("main")).to_have_count(1)


def test_without_script_the_bell_leads_to_the_page_of_all_alerts(server: Server, person: Invite) -> None:
    staff = person(server, java_script_enabled=False).sign_in("staff").go("/shop/")
    staff.page.locator("#bell-open").click()
    expect(staff.page.get_by_text("Loading…")).to_be_hidden()
    staff.page.locator("#bell-lines").get_by_role("link", name="All alerts").click()
    expect(staff.page.get_by_role("heading", name="Alerts")).to_be_visible()


def test_the_title_counts_what_is_unseen_and_in_a_room_what_is_unread_there(server: Server, person: Invite) -> None:
    staff = at_peace(person(server))
    staff.go("/rooms/new/").page.locator("[name=title]").fill("Den")
    staff.page.get_by_role("button", name="Create room").click()
    bell(staff.wait_live())
    slug = staff.page.url.split("/")[-2]
    expect(staff.page).to_have_title("Den · Parlour")
    talker(server, "member").say("@staff, this is said elsewhere, and in the bell alone")
    count(staff, "1")
    opened(opened(staff))
    none(staff)
    member = talker(server, "member", slug)
    member.say("@staff, come here")
    expect(staff.page).to_have_title("(1) Den · Parlour")
    staff.page.get_by_role("link", name="Shop").click()
    expect(staff.page.get_by_role("heading", level=1, name="Shop")).to_be_visible()
    expect(staff.page).to_have_title("(1) Shop · Parlour")
    member.say("@staff, come soon")
    expect(staff.page).to_have_title("(2) Shop · Parlour")
    staff.page.go_back()
    expect(staff.page.get_by_role("heading", level=1, name="Den")).to_be_visible()
    expect(staff.page).to_have_title("(2) Den · Parlour")
    member.say("@staff, come now")
    expect(staff.page).to_have_title("(3) Den · Parlour")
    elsewhere = staff.wait_live().tab().go(f"/rooms/{slug}/settings/")
    expect(elsewhere.page).to_have_title("(3) Change Den · Parlour")
    elsewhere.page.locator("[name=title]").fill("Tom & <b>Co")
    elsewhere.page.get_by_role("button", name="Save").click()
    expect(staff.page).to_have_title("(3) Tom & <b>Co · Parlour")
    member.say("@staff, is that new?")
    expect(staff.page).to_have_title("(4) Tom & <b>Co · Parlour")
    staff.page.locator(".pl-scroll").hover()
    expect(staff.page).to_have_title("Tom & <b>Co · Parlour")
    none(staff)
    assert not staff.errors


def test_who_gives_an_address_chooses_what_is_mailed_and_a_snooze_leaves_them_in_peace(
    server: Server, person: Invite
) -> None:
    staff = at_peace(person(server, viewport={"width": 360, "height": 740}))
    page = staff.page
    staff.go("/alerts/preferences/")
    expect(page.get_by_label("By e-mail: Mentions")).to_have_count(0)
    page.get_by_role("link", name="Give an address").click()
    page.get_by_label("E-mail address").fill("staff@example.org")
    page.get_by_label("Your password").fill("parlour")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A mail with a link is on its way")).to_be_visible()
    eventually(lambda: mailed(server), 5, "the mail is in the log")
    page.goto(mailed(server)[-1])
    expect(page.get_by_text("E-mail goes to staff@example.org")).to_be_visible()
    choice = page.get_by_label("By e-mail: Mentions")
    choice.focus()
    page.keyboard.press("a")  # at once
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    staff.go("/alerts/preferences/")
    expect(choice).to_have_value("now")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="For an hour").press("Enter")
    expect(page.get_by_text("You are left in peace until")).to_be_visible()
    before = unseen(bell(staff))
    talker(server, "other").say("@staff, are you there?")
    count(staff, str(before + 1))
    assert toasts(staff).count() == 0
    page.get_by_role("button", name="End it now").press("Enter")
    expect(page.get_by_role("button", name="For an hour")).to_be_visible()
    bell(staff)
    talker(server, "member").say("@staff, are you back?")
    expect(toasts(staff)).to_have_count(1)


def mailed(server: Server) -> list[str]:
    """Links that confirm an address, in the order in which they were mailed: to the log, without a mail server."""
    return re.findall(r"http://\S+/accounts/address/\S+/", server.process.log.read_text())
