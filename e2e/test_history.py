"""Going to an old message, and from there both ways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

SETTINGS = {"ROOMS_POST_RATE": "1000/1000"}


@pytest.fixture
def talked(server: Server) -> list[str]:
    """Where the first sixty messages of a conversation of 120 stand."""
    room = RoomSocket(HttpClient(server.url).sign_in("staff"), "lobby").hello()
    room.say(*(f"line {n}" for n in range(60)))
    room.say(*(f"line {n}" for n in range(60, 120)))
    room.waits_for("line 119")
    return [id for id, text in room.messages if text.startswith("line ")]


def test_who_follows_a_link_to_an_old_message_reads_on_by_keyboard_until_the_newest_and_writes(
    person: Callable[..., Person], server: Server, talked: list[str]
) -> None:
    member = person(server, viewport={"width": 360, "height": 720}).sign_in("member")
    wanted = talked[40]
    member.go(f"/rooms/lobby/?at={wanted.rpartition('-')[2]}#{wanted}").wait_live()
    line, later = member.page.locator(f"#{wanted}"), member.page.get_by_role("link", name="Later messages")
    assert "line 65" in member.messages
    assert "line 66" not in member.messages
    eventually(lambda: _is_in_sight(member, wanted), 5, "the message in sight")
    ground = line.evaluate("it => getComputedStyle(it).backgroundColor")
    assert ground != member.page.locator(f"#{talked[41]}").evaluate("it => getComputedStyle(it).backgroundColor")
    later.focus()
    member.page.keyboard.press("Enter")
    member.sees("line 115")
    eventually(lambda: _is_in_sight(member, talked[65]), 5, "the last line that was read")
    assert later.evaluate("it => it === document.activeElement")
    member.page.keyboard.press("Enter")
    member.sees("line 119")
    assert not later.is_visible()
    assert member.page.evaluate("document.activeElement.textContent") == "New messages appear below."
    member.say("back again").sees("back again")
    member.page.get_by_role("region", name="Conversation").evaluate("it => it.scrollTo(0, -1e6)")
    member.sees("line 3")


def _is_in_sight(tab: Person, id: str) -> bool:
    """Whether an element is inside the window that the conversation scrolls in."""
    inside = "([it, box]) => it.top >= box.top && it.bottom <= box.bottom"
    boxes = (
        f"[document.getElementById('{id}'), document.querySelector('.pl-scroll')].map(it => it.getBoundingClientRect())"
    )
    return bool(tab.page.evaluate(f"({inside})({boxes})"))


def test_on_a_phone_who_gives_up_going_to_a_day_is_back_where_they_began(
    person: Callable[..., Person], server: Server
) -> None:
    member = person(server, viewport={"width": 360, "height": 720}).sign_in("member").open_room("lobby")
    opener = member.page.get_by_role("button", name="Settings of this room")
    opener.press("Enter")
    member.page.get_by_role("button", name="Go to a day").press("Enter")
    expect(member.page.get_by_label("Go to a day")).to_be_focused()
    member.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
