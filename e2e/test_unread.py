"""What somebody has not read: counted while they are away, shown where it begins, read when it is in front of them."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.tabs import FAST_CLOCKS

Invite = Callable[..., Person]
SETTINGS = {**FAST_CLOCKS, "ROOMS_POST_RATE": "1000/1000"}


def talker(server: Server, room: str = "lobby") -> RoomSocket:
    return RoomSocket(HttpClient(server.url).sign_in("other"), room).hello()


def test_a_phone_counts_what_is_unread_opens_where_it_begins_and_reads_it_at_the_newest(
    server: Server, person: Invite
) -> None:
    member = person(server, viewport={"width": 360, "height": 640}).sign_in("member").open_room("lobby")
    other, scroll = talker(server), member.page.locator(".pl-scroll")
    other.say("read long ago")
    member.sees("read long ago")
    scroll.hover()
    member.go("/")
    lobby = member.page.locator(".room-line", has_text="Lobby")
    expect(lobby).to_contain_text("read long ago")
    expect(lobby).not_to_contain_text("unread")
    for n in range(30):
        other.say(f"line {n}")
    expect(lobby).to_contain_text("30 unread")
    elsewhere = member.tab().open_room("team")
    elsewhere.page.get_by_role("button", name="Rooms", exact=True).click()
    beside = elsewhere.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Lobby")
    expect(beside).to_contain_text("30 unread")
    lobby.get_by_role("link", name="Lobby").click()
    line = member.page.get_by_text("New since you were here")
    expect(line).to_be_in_viewport()
    expect(member.page).to_have_title("(30) Lobby · Parlour")
    newest = member.wait_live().page.locator(".pl-newest")
    expect(newest).to_have_text("30 new ↓")
    scroll.hover()
    other.say("the newest")
    expect(newest).to_have_text("31 new ↓")
    expect(beside).to_contain_text("31 unread")
    newest.click()
    expect(member.page).to_have_title("Lobby · Parlour")
    expect(beside).not_to_contain_text("unread")
    member.page.reload()
    expect(member.log.get_by_text("the newest", exact=True)).to_be_in_viewport()
    expect(line).to_have_count(0)
    assert not member.errors + elsewhere.errors


def test_by_keyboard_a_message_is_marked_unread_and_stays_so_until_the_newest_is_looked_for(
    server: Server, person: Invite
) -> None:
    staff = person(server).sign_in("staff").open_room("team")
    other = talker(server, "lobby")
    staff.go("/rooms/lobby/").wait_live()
    for n in range(40):
        other.say(f"point {n}")
    staff.sees("point 39")
    staff.box.focus()
    staff.page.keyboard.press("Shift")
    message = staff.page.locator(".pl-message", has_text="point 38")
    message.locator(".pl-act").focus()
    staff.page.keyboard.press("Enter")
    message.get_by_role("button", name="Mark unread from here").focus()
    staff.page.keyboard.press("Enter")
    expect(staff.page.get_by_text("Unread from here on.")).to_be_visible()
    expect(staff.page).to_have_title("(2) Lobby · Parlour")
    staff.box.focus()
    staff.page.keyboard.type("still here")
    other.say("point 40")
    expect(staff.page).to_have_title("(3) Lobby · Parlour")
    staff.page.reload()
    expect(staff.page.get_by_text("New since you were here")).to_be_in_viewport()
    expect(staff.log.get_by_text("point 40", exact=True)).to_be_in_viewport()
    assert not staff.errors
