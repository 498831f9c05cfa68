"""Reading what was said before: by scrolling, by a link, and without losing one's place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]
SAID = [f"line {number:03}" for number in range(130)]


@pytest.fixture(scope="module")
def storied(module_deployment: Callable[..., Deployment]) -> Server:
    """A lobby in which a lot was said."""
    server = module_deployment(ROOMS_POST_RATE="1000/1000").start_server()
    room = RoomSocket(HttpClient(server.url).sign_in("member"), "lobby").hello()
    room.say(*SAID[:65])
    room.waits_for(SAID[64])
    room.say(*SAID[65:])
    room.waits_for(SAID[-1])
    room.socket.close()
    return server


def test_scrolling_up_brings_what_was_before_and_keeps_the_place(person: Invite, storied: Server) -> None:
    reader = person(storied).sign_in("other").open_room("lobby")
    assert _shown(reader)[-1] == SAID[-1]
    assert len(_shown(reader)) < len(SAID)
    first = reader.log.get_by_text(_shown(reader)[0], exact=True)
    first.scroll_into_view_if_needed()
    place = first.bounding_box()
    eventually(lambda: len(_shown(reader)) > 60, 5, "earlier messages")
    assert place is not None
    eventually(lambda: abs((first.bounding_box() or place)["y"] - place["y"]) < 5, 2, "the same line in the same place")
    for _ in range(4):
        reader.log.get_by_text(_shown(reader)[0], exact=True).scroll_into_view_if_needed()
        reader.page.mouse.move(500, 300)
        reader.page.mouse.wheel(0, -3000)
        before = len(_shown(reader))
        if before < len(SAID):
            eventually(lambda before=before: len(_shown(reader)) > before, 5, "earlier messages")
    assert _shown(reader) == SAID
    expect(reader.page.get_by_text("This is where the room begins.")).to_be_visible()


def test_what_is_said_meanwhile_does_not_move_a_reader(person: Invite, storied: Server) -> None:
    reader = person(storied).sign_in("other").open_room("lobby")
    writer = RoomSocket(HttpClient(storied.url).sign_in("member"), "lobby").hello()
    line = reader.log.get_by_text(_shown(reader)[10], exact=True)
    line.scroll_into_view_if_needed()
    place = line.bounding_box()
    writer.say("said while somebody reads above")
    reader.sees("said while somebody reads above")
    now = line.bounding_box()
    assert place is not None
    assert now is not None
    assert abs(now["y"] - place["y"]) < 5
    reader.page.get_by_role("button", name="To the newest").click()
    newest = reader.log.get_by_text("said while somebody reads above", exact=True)
    eventually(lambda: (newest.bounding_box() or {"y": 9999})["y"] < 720, 3, "the newest message")


def test_the_past_can_be_read_without_javascript(person: Invite, storied: Server) -> None:
    plain = person(storied, java_script_enabled=False).sign_in("other").open_room("lobby", live=False)
    seen: list[str] = []
    for _ in range(5):
        seen = [text for text in _shown(plain) if text not in seen] + seen
        link = plain.page.get_by_role("link", name="Earlier messages")
        if not link.count():
            break
        link.click()
    assert seen == SAID


def _shown(reader: Person) -> list[str]:
    return [text for text in reader.messages if text.startswith("line ")]
