"""Who gets in, what those are told who do not, and what becomes of frames that no page of ours sends."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus

from .support.http_client import HttpClient
from .support.markup import parse
from .support.people import Person
from .support.room_socket import RoomSocket, dial, until_closed
from .support.servers import Server

NewClient = Callable[[Server], HttpClient]
SECRET = "the treasure is under the fig tree"
FRAMES = [
    ["not json", "", "[1]", "7"],
    ["null", "[" * 50_000, '{"a":' * 50_000, '{"kind": 7}'],
    ['{"kind": null, "text": null}', '{"kind": "no such kind"}', '{"kind": ["say"], "text": "x"}', '{"kind": "say"}'],
    ['{"kind": "__init__"}', '{"kind": "say", "text": {"a": 1}}', '{"kind": "say", "text": [["x"]]}'],
    ['{"kind": "say", "text": "x", "page": "../..", "acked": "0"}', '{"kind": "typing", "text": {"a": 1}}'],
    ['{"kind": "say", "text": "x", "page": "00000000", "acked": "99999999999999999999"}', '{"text": "\\ud800"}'],
]


def test_only_our_own_pages_open_sockets(server: Server, http_client: NewClient) -> None:
    cookies = http_client(server).sign_in("member").cookies
    neighbours = [f"https://127.0.0.1:{server.port}", f"http://127.0.0.1:{server.port + 1}", "http://127.0.0.1"]
    for origin in (None, "null", "x", "https://evil.example", f"http://localhost:{server.port}", *neighbours):
        with pytest.raises(InvalidStatus):
            dial(server.url, "/ws/rooms/lobby/", cookies, origin=origin).close()
    with pytest.raises(InvalidStatus):
        dial(server.url, "/ws/rooms/lobby/", cookies, host="evil.example")
    dial(server.url, "/ws/rooms/lobby/", cookies).close()


def test_who_signs_in_by_the_form_gets_where_they_were_going(server: Server, person: Callable[..., Person]) -> None:
    staff = person(server).go("/shop/orders/").sign_in_by_form("staff")
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    staff.sign_out()
    expect(staff.go("/rooms/team/").page.locator("section.talk")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "code", "words", "way"),
    [("other", 4003, "Only members can read this room.", "/"), ("", 4001, "Sign in", "/accounts/login/")],
)
def test_a_members_room_tells_strangers_how_to_get_in_and_nothing_else(
    server: Server, http_client: NewClient, name: str, code: int, words: str, way: str
) -> None:
    team = RoomSocket(http_client(server).sign_in("staff"), "team").hello()
    team.say(SECRET)
    team.waits_for(SECRET)
    stranger = http_client(server).sign_in(name) if name else http_client(server)
    answer = stranger.get("/rooms/team/")
    assert (answer.status, words in answer.page.text) == (403, True)
    [farewell], closed = until_closed(dial(server.url, "/ws/rooms/team/", stranger.cookies))
    said = parse(farewell)
    assert (closed, [node.attrs["id"] for node in said.children]) == (code, ["room-team-hb"])
    assert words in said.text
    assert [link.attrs["href"].partition("?")[0] for link in said.find("a")] == [way]
    assert said.by_id("room-team-beat") is None, "a beat would wake the watchdog"
    for path in ("/", "/rooms/team/", "/rooms/team/panel/", "/rooms/team/older/?upto=9", "/rooms/team/members/"):
        assert SECRET not in stranger.get(path).text, path
    assert SECRET not in farewell


def test_a_room_that_never_was_and_one_that_is_no_more_say_so(server: Server, http_client: NewClient) -> None:
    member, staff = http_client(server).sign_in("member"), http_client(server).sign_in("staff")
    for slug in ("no-such-room", "lobby%20", "a" * 200):
        assert member.get(f"/rooms/{slug}/").status == 404
        [farewell], code = until_closed(dial(server.url, f"/ws/rooms/{slug}/", member.cookies))
        assert (code, 'href="/"' in farewell) == (4004, True)
    path = staff.submit("/rooms/new/", title="Short lived").headers["Location"]
    inside = RoomSocket(member, path.strip("/").split("/")[-1]).hello()
    staff.submit(f"{path}delete/")
    assert inside.closed(within=5) == 4004
    assert 'href="/"' in inside.frames[-1]


def test_odd_frames_are_answered_in_words_and_their_senders_sent_away(server: Server, http_client: NewClient) -> None:
    member = http_client(server).sign_in("member")
    for number, frames in enumerate(FRAMES):
        room = RoomSocket(member, "lobby").hello()
        for frame in frames:
            room.socket.send(frame)
        room.read(until=lambda room: len(_words(room).split()) > 3)
        room.say(f"still here {number}")
        room.waits_for(f"still here {number}")
    assert room.pour("not json", 5) == 1008
    binary, flood, large = (RoomSocket(member, "lobby").hello() for _ in range(3))
    assert binary.pour(b"\x00\xff", 1) == 1003
    assert flood.pour('{"kind": "typing"}', 1000) == 4029
    assert large.pour("x" * 2_000_000, 1) in (1008, 1009)
    assert server.process.alive
    log = server.process.log.read_text(errors="replace")
    assert not [line for line in log.splitlines() if "Traceback" in line or " ERROR " in line]


def _words(room: RoomSocket) -> str:
    """What the page tells its person under the box."""
    places = [room.page.by_id(f"{room.key}-{part}") for part in ("note", "err")]
    return " ".join(place.text for place in places if place)
