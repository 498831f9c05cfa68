"""People talk: who says what, who is here, who comes and goes, what was said before; with motion and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually

Invite = Callable[..., Person]
SETTINGS = {**FAST_CLOCKS, "ROOMS_POST_RATE": "1000/1000"}
LINES = [f"line {number:03}" for number in range(130)]


def test_two_people_and_a_guest_talk(person: Invite, server: Server) -> None:
    less = {"reduced_motion": "reduce"}  # the watchdog is an animation, and must run all the same
    member = person(server, **less).sign_in("member").open_room("lobby")
    other = person(server, **less).sign_in("other").open_room("lobby")
    robin = person(server, **less).be_guest("Robin").open_room("lobby")
    for someone in (member, other, robin):
        someone.sees_people("member", "other", "Robin")
    at_home = member.tab().go("/")
    said = ["Good evening.", "Is this seat taken?", "Not at all.", "ok", "**Well** then."]
    for someone, text in zip((member, robin, other, member, member), said, strict=True):
        someone.say(text).sees(text.replace("*", ""))
    for someone in (member, other, robin):
        someone.sees_in_order([text.replace("*", "") for text in said])
        eventually(lambda each=someone: not each.unconfirmed, 15, "the confirmation")
        assert someone.box.input_value() == ""
        assert not someone.banner.is_visible()
    headings = member.log.locator("li.pl-message:not(.pl-continues) .pl-by")
    expect(headings.filter(has_text="Robin").first).to_contain_text("guest")
    expect(headings.filter(has_text="other").first).not_to_contain_text("guest")
    expect(member.page.locator(".pl-people li", has_text="Robin")).to_contain_text("guest")
    line = robin.log.locator("li.pl-message", has_text="Not at all.")
    assert line.locator("bdi.pl-name").inner_text() == "other"
    member.equals_a_fresh_page()
    expect(at_home.page.locator(".room-line", has_text="Lobby")).to_contain_text("Well then.")
    expect(at_home.page.locator(".count")).to_have_text("3 here")


def test_typing_shows_dots_and_fetches_nothing(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").speed_up(0.1).open_room("lobby")  # its dots would stay for long
    hasty = other.tab().speed_up(2).open_room("lobby")
    before = len(other.requests), len(member.requests)
    dots, gone = (tab.page.locator(f"#{tab.key}-typing span", has_text="member") for tab in (other, hasty))
    member.box.focus()
    member.box.press_sequentially("still thinking", delay=30)
    expect(gone).to_be_visible()
    expect(gone).to_be_hidden()  # nobody says when typing stops
    fetched = other.requests[before[0] :] + member.requests[before[1] :]
    assert not [line for line in fetched if "/rooms/" in line]
    expect(dots).to_be_visible()
    member.send()
    other.sees("still thinking")
    expect(dots).to_be_hidden()


def test_the_last_line_stays_in_sight_while_two_talk(person: Invite, server: Server) -> None:
    member = person(server, viewport={"width": 360, "height": 480}).sign_in("member").open_room("lobby")
    other = RoomSocket(HttpClient(server.url).sign_in("other"), "lobby").hello()
    for number in range(6):
        text = f"line {number} of two who talk, long enough to fill two lines"
        (member, other)[number % 2].say(text)
        line = member.log.get_by_text(text, exact=True)
        expect(line).to_be_in_viewport(ratio=1)
        foot, box = line.bounding_box(), member.box.bounding_box()
        assert foot
        assert box
        assert foot["y"] + foot["height"] <= box["y"], "the composer covers the last line"


@pytest.fixture(scope="module")
def talk(server: Server) -> str:
    """A room in which a lot was said."""
    made = HttpClient(server.url).sign_in("staff").submit("/rooms/new/", title="A long talk")
    slug = made.headers["Location"].strip("/").split("/")[-1]
    room = RoomSocket(HttpClient(server.url).sign_in("member"), slug).hello()
    for part in (LINES[:65], LINES[65:]):
        room.say(*part)
        room.waits_for(part[-1])
    room.socket.close()
    return slug


def test_scrolling_up_brings_what_was_before_and_keeps_the_place(person: Invite, server: Server, talk: str) -> None:
    reader = person(server).sign_in("other").open_room(talk)
    shown = reader.messages
    assert shown[-1] == LINES[-1]
    assert len(shown) < len(LINES)
    first = reader.log.get_by_text(shown[0], exact=True)
    first.scroll_into_view_if_needed()
    place = first.bounding_box()
    assert place
    eventually(lambda: len(reader.messages) > len(shown), 15, "earlier messages")
    eventually(
        lambda: abs((first.bounding_box() or place)["y"] - place["y"]) < 5, 10, "the same line in the same place"
    )
    RoomSocket(HttpClient(server.url).sign_in("member"), talk).hello().say("said while somebody reads above")
    reader.sees("said while somebody reads above")
    now = first.bounding_box()
    assert now
    assert abs(now["y"] - place["y"]) < 5
    newest = reader.page.get_by_role("button", name="To the newest")
    newest.focus()
    reader.page.keyboard.press("Enter")
    expect(newest).to_be_focused()
    expect(reader.log.get_by_text("said while somebody reads above", exact=True)).to_be_in_viewport()
    while (before := len(reader.messages)) <= len(LINES):
        reader.log.get_by_text(reader.messages[0], exact=True).scroll_into_view_if_needed()
        reader.page.mouse.move(500, 300)
        reader.page.mouse.wheel(0, -3000)
        eventually(lambda before=before: len(reader.messages) > before, 15, "earlier messages")
    assert reader.messages[:-1] == LINES
    expect(reader.page.get_by_text("This is where the conversation begins.")).to_be_visible()


def test_the_past_can_be_read_without_javascript(person: Invite, server: Server, talk: str) -> None:
    plain = person(server, java_script_enabled=False).sign_in("other").open_room(talk, live=False)
    seen: list[str] = []
    earlier = plain.page.get_by_role("link", name="Earlier messages")
    while True:
        seen = [text for text in plain.messages if text.startswith("line") and text not in seen] + seen
        if not earlier.count():
            break
        earlier.click()
    assert seen == LINES
