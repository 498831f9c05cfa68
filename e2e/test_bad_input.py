"""Whatever is sent gets a clear answer; nothing is lost, nothing breaks."""

import contextlib
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed

from .ground.houses import House
from .ground.people import Person
from .ground.servers import Server
from .ground.visitors import Visitor
from .ground.waiting import eventually
from .ground.wire import Room

Invite = Callable[..., Person]
Meet = Callable[[Server], Visitor]

FRAMES = [
    "not json",
    "",
    "[1]",
    "7",
    "null",
    '"hello"',
    "[" * 50_000,
    '{"a":' * 50_000,
    '{"kind": 7}',
    '{"kind": null, "text": null}',
    '{"kind": "no such kind"}',
    '{"kind": ["say"], "text": "x"}',
    '{"kind": "__init__"}',
    '{"kind": "say", "text": {"a": 1}}',
    '{"kind": "say", "text": [["x"]]}',
    '{"kind": "say", "text": 7}',
    '{"kind": "say"}',
    '{"kind": "say", "text": "x", "page": "../..", "acked": "0"}',
    '{"kind": "say", "text": "x", "page": "00000000", "acked": "-1"}',
    '{"kind": "say", "text": "x", "page": "00000000", "acked": "99999999999999999999"}',
    '{"kind": "say", "text": "x", "page": "00000000", "acked": NaN}',
    '{"kind": "typing", "text": {"a": 1}}',
]


@pytest.fixture
def calm(server: Server, house: House) -> None:
    """Afterwards the server is well and no error of its own stands in its log."""
    yield
    assert server.process.alive
    log = server.process.log.read_text(errors="replace")
    assert not [line for line in log.splitlines() if "Traceback" in line or " ERROR " in line]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame[:40] or "empty")
def test_an_odd_frame_is_answered_in_words(calm: None, server: Server, visitor: Meet, frame: str) -> None:
    room = Room(visitor(server).sign_in("member"), "lobby").hello()
    room.socket.send(frame)
    room.read(until=lambda room: len(_words(room).split()) > 3)
    room.say("still here")
    room.waits_for("still here")


def _words(room: Room) -> str:
    """What the page tells its person under the box."""
    places = [room.page.by_id(f"{room.key}-{part}") for part in ("note", "err")]
    return " ".join(place.text for place in places if place)


def test_five_odd_frames_are_enough(calm: None, server: Server, visitor: Meet) -> None:
    room = Room(visitor(server).sign_in("member"), "lobby").hello()
    for _ in range(5):
        room.socket.send("not json")
    assert room.closed() == 1008


def test_binary_silence_and_floods_have_their_codes(calm: None, server: Server, visitor: Meet) -> None:
    member = visitor(server).sign_in("member")
    silent = Room(member, "lobby")
    binary = Room(member, "lobby").hello()
    binary.socket.send(b"\x00\xff")
    assert binary.closed() == 1003
    flood = Room(member, "lobby").hello()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            flood.send(kind="typing")
    assert flood.closed() == 4029
    assert silent.closed(within=12) == 4008
    large = Room(member, "lobby").hello()
    large.socket.send(json.dumps({"kind": "say", "text": "x" * 2_000_000}))
    assert large.closed() in (1008, 1009)


CURSORS = [
    "{head}9999",
    "-1",
    "junk",
    "",
    "room.1:0.0",
    "{other}",
    "9" * 40,
    "{name}:{epoch}.-5",
    "{name}:{epoch}.1e3",
    ["a", "b"],
]


@pytest.mark.parametrize("cursor", CURSORS, ids=str)
def test_a_cursor_of_no_use_gets_the_present(calm: None, server: Server, visitor: Meet, cursor: object) -> None:
    member = visitor(server).sign_in("member")
    Room(member, "lobby").hello().say("something to see")
    room = Room(member, "lobby")
    true = room.fields("resume")["cursor"]
    first = true if isinstance(true, str) else true[0]
    name, _, rest = first.partition(":")
    epoch = rest.partition(".")[0]
    if isinstance(cursor, str):
        cursor = cursor.format(head=first, name=name, epoch=epoch, other=f"{name}:{epoch}0.1")
    log = room.page.by_id(f"{room.key}-log")
    assert log is not None
    log.parts = []
    room.hello(cursor=cursor)
    room.waits_for("something to see")
    assert room.texts == Room(member, "lobby").texts


def test_hidden_and_turning_characters_are_taken_out(calm: None, server: Server, visitor: Meet) -> None:
    room = Room(visitor(server).sign_in("member"), "lobby").hello()
    room.say("a\u202eb\u0000c\u0007d\u2066e cafe\u0301 \ud83d\ude00")
    room.waits_for("abcde café 😀")
    for nothing in ("", "   ", "\n\t", "\u202e", "\u0000"):
        seen = len(room.frames)
        room.say(nothing)
        room.read(until=lambda room, seen=seen: "acked" in "".join(room.frames[seen:]))
    assert room.texts[-1] == "abcde café 😀"
    lone = '{"kind": "say", "text": "lone \\ud800 half", "page": "", "acked": "0"}'
    room.socket.send(lone)
    room.read(until=lambda room: "lone" in "".join(room.texts[-1:]) or "-err" in room.frames[-1])


def test_too_much_text_comes_back_with_a_reason(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    paste = ("All work and no play. " * 5000)[:100_000]
    member.type(paste).send()
    refusal = member.page.locator(f"#{member.key}-err form")
    expect(refusal).to_be_visible()
    assert "4,000" in refusal.inner_text()
    assert refusal.locator("textarea").input_value() == paste
    refusal.locator("textarea").fill("All work, in short.")
    refusal.get_by_role("button", name="Send again").click()
    member.sees("All work, in short.")
    expect(refusal).to_have_count(0)
    member.type(paste).send()
    refusal.get_by_role("button", name="Discard").click()
    expect(refusal).to_have_count(0)
    assert not member.unconfirmed


def test_too_fast_is_refused_in_words_and_nothing_is_lost(new_house: Callable[..., House], visitor: Meet) -> None:
    house = new_house(PARLOUR_SAY_RATE="1/5")
    room = Room(visitor(house.open()).sign_in("member"), "lobby").hello()
    said = [f"quick {number}" for number in range(12)]
    for text in said:
        room.send(kind="say", text=text, page="", acked="0")
    room.read(until=lambda room: all(text in "".join(room.frames) for text in said))
    stored = [text for (text,) in house.rows("SELECT text FROM rooms_message") if text in said]
    refused = [node.text for node in room.page.find("textarea")]
    assert stored
    assert refused
    assert sorted(stored + [text for text in refused if text in said]) == sorted(said)


def test_a_double_submit_is_one_message(person: Invite, server: Server, house: House, visitor: Meet) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    member.type("clicked twice")
    member.page.get_by_role("button", name="Send", exact=True).dblclick()
    member.sees("clicked twice")
    eventually(lambda: not member.unconfirmed, 5)
    page = Room(visitor(server).sign_in("other"), "lobby")
    form = next(form for form in page.page.find("form") if form.attrs.get("action", "").endswith("/messages/"))
    fields = {**page.fields("sent"), "text": "posted twice"}
    for _ in range(2):
        assert page.visitor.post(form.attrs["action"], fields).status == 302
    counts = "SELECT text, count(*) FROM rooms_message WHERE text LIKE %s GROUP BY text"
    assert sorted(house.rows(counts, "% twice")) == [("clicked twice", 1), ("posted twice", 1)]


def test_back_after_sending_loses_and_repeats_nothing(person: Invite, server: Server, house: House) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    for text in ("said before Back", "said after Back"):
        plain.type(text)
        with plain.page.expect_navigation():
            plain.page.get_by_role("button", name="Send", exact=True).click()
        plain.sees(text)
        plain.page.go_back()
    stored = house.rows("SELECT text FROM rooms_message WHERE text LIKE %s ORDER BY seq", "said % Back")
    assert stored == [("said before Back",), ("said after Back",)]
    member = person(server).sign_in("other").open_room("lobby")
    member.say("before walking off").sees("before walking off")
    member.go("/")
    member.page.go_back()
    member.wait_live()
    assert member.messages.count("before walking off") == 1


def test_an_expired_token_keeps_the_text(person: Invite, server: Server) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    plain.type("written before the token went")
    plain.context.clear_cookies(name="csrftoken")
    with plain.page.expect_navigation() as answer:
        plain.page.get_by_role("button", name="Send", exact=True).click()
    assert answer.value.status == 403
    assert "written before the token went" in plain.page.locator("main").inner_html()
