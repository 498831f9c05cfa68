"""The bell in a browser: in the admin, in every tab, and after its line was cut."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import alerts, at_peace, bell, count, none, opened
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server
from .support.shop import order
from .support.tabs import FAST_CLOCKS
from .support.waiting import pause

Invite = Callable[..., Person]


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
    expect(staff.page.locator(".pl-alerts .pl-unread")).to_have_count(0)


def test_an_open_bell_keeps_the_focus_and_what_is_archived_comes_back(server: Server, person: Invite) -> None:
    staff, other = at_peace(person(server)), person(server).sign_in("other")
    other.open_room("lobby").say("@staff, one")
    opened(bell(staff, "/"))
    button = staff.page.get_by_role("button", name="Archive: other mentioned you").first
    button.focus()
    lines = staff.page.locator("#bell-lines .pl-alert")
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
    new_deployment: Callable[..., Deployment], flaky_proxy: Callable[..., FlakyProxy], person: Invite
) -> None:
    server = new_deployment(**FAST_CLOCKS).start_server()
    line = flaky_proxy(server)
    staff, other = at_peace(person(line)), person(server).sign_in("other")
    bell(staff, "/alerts/")
    lobby, team = other.open_room("lobby"), person(server).sign_in("member").open_room("team")
    lobby.say("@staff, in silence")
    team.say("@staff, as well")
    count(staff, "2")
    line.silence_sockets()
    rows = staff.page.locator(".pl-alerts .pl-alert")
    ours = rows.filter(has_text="other mentioned you in Lobby").first
    ours.get_by_role("button", name="Archive").click()
    count(staff, "1")
    expect(rows.filter(has_text="@staff, in silence")).to_have_count(0)
    staff.page.get_by_role("button", name="Undo").click()
    expect(rows.filter(has_text="@staff, in silence")).to_have_count(1)
    opened(staff)
    staff.page.locator("#bell-lines").get_by_role("button", name="Mark read: member mentioned you").click()
    expect(staff.page.locator("#bell-lines .pl-unread", has_text="member mentioned you")).to_have_count(0)
    staff.page.locator(".pl-bell-head").get_by_role("button", name="Mark all read").click()
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(0)
    none(staff)
    line.mend()
    staff.speed_up()
    lobby.say("@staff, aloud")
    expect(staff.page.locator("#bell-count .pl-pill")).to_have_text("1", timeout=60_000)
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(1)


def test_a_bell_that_was_cut_off_is_right_when_it_returns(
    server: Server, flaky_proxy: Callable[..., FlakyProxy], person: Invite
) -> None:
    line = flaky_proxy(server)
    staff, other = at_peace(person(line)), person(server).sign_in("other")
    bell(staff, "/")
    other.open_room("lobby")
    line.cut()
    other.say("@staff, one").say("@staff, two")
    pause(3)
    none(staff)
    line.mend()
    expect(staff.page.locator("#bell-count .pl-pill")).to_have_text("2", timeout=40_000)
    other.say("@staff, three")
    count(staff, "3")


@pytest.mark.faults
def test_a_bell_that_was_cut_off_for_a_minute_is_right_when_it_returns(
    server: Server, flaky_proxy: Callable[..., FlakyProxy], person: Invite
) -> None:
    line = flaky_proxy(server)
    staff, elsewhere = at_peace(person(line)), bell(person(server).sign_in("staff"), "/alerts/")
    other = person(server).sign_in("other").open_room("lobby")
    bell(staff, "/rooms/team/")
    other.say("@staff, before")
    count(staff, "1")
    line.cut()
    for minute in range(6):
        other.say(f"@staff, meanwhile {minute}")
        order(HttpClient(server.url).sign_in("member"), f"Meanwhile {minute}")
        pause(10)
    opened(elsewhere).page.get_by_role("button", name="Archive: other mentioned you").last.click()
    count(staff, "1")
    line.mend()
    none(staff, within=70)
    expect(alerts(opened(staff))).to_have_count(alerts(elsewhere).count())
    lines = [
        each.page.locator("#bell-lines :is(.pl-what, .pl-when)").all_text_contents() for each in (staff, elsewhere)
    ]
    assert lines[0] == lines[1]
    other.say("@staff, after")
    for tab in (staff, elsewhere):
        count(tab, "1")


def test_a_bell_first_opened_without_a_connection_fills_itself_when_it_is_back(
    server: Server, person: Invite, flaky_proxy: Callable[..., FlakyProxy]
) -> None:
    proxy = flaky_proxy(server)
    member = person(proxy).sign_in("member")
    bell(member, "/")
    person(server).sign_in("other").open_room("lobby").say("@member, are you there?")
    expect(member.page.locator("#bell-count .pl-pill")).to_be_visible()
    proxy.cut()
    member.page.locator("#bell-menu summary").click()
    proxy.mend()
    expect(alerts(member).first).to_contain_text("mentioned you", timeout=30_000)


def test_a_bell_opened_after_a_sign_out_elsewhere_says_so(server: Server, person: Invite) -> None:
    member = person(server).sign_in("member")
    bell(member, "/")
    member.context.clear_cookies()
    member.page.locator("#bell-menu summary").click()
    expect(member.page.locator("#bell .pl-bell-lines")).to_contain_text("You are signed out. Sign in")
    expect(member.page.locator("main")).to_have_count(1)
