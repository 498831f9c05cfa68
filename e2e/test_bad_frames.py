"""Whatever comes over a socket gets a clear answer, and nothing breaks."""

import contextlib
import json
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket
from .support.servers import Server

NewClient = Callable[[Server], HttpClient]

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


@pytest.fixture(scope="module")
def server(module_deployment: Callable[..., Deployment]) -> Server:
    """A server that waits for a hello a little less long."""
    return module_deployment(PARLOUR_HELLO_WITHIN="3", PARLOUR_PERSON_SOCKETS="1000").start_server()


@pytest.fixture
def calm(server: Server) -> Iterator[None]:
    """Afterwards the server is well and no error of its own stands in its log."""
    yield
    assert server.process.alive
    log = server.process.log.read_text(errors="replace")
    assert not [line for line in log.splitlines() if "Traceback" in line or " ERROR " in line]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame[:40] or "empty")
def test_an_odd_frame_is_answered_in_words(calm: None, server: Server, http_client: NewClient, frame: str) -> None:
    room = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
    room.socket.send(frame)
    room.read(until=lambda room: len(_words(room).split()) > 3)
    room.say("still here")
    room.waits_for("still here")


def _words(room: RoomSocket) -> str:
    """What the page tells its person under the box."""
    places = [room.page.by_id(f"{room.key}-{part}") for part in ("note", "err")]
    return " ".join(place.text for place in places if place)


def test_five_odd_frames_are_enough(calm: None, server: Server, http_client: NewClient) -> None:
    room = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
    for _ in range(5):
        room.socket.send("not json")
    assert room.closed() == 1008


def test_binary_silence_and_floods_have_their_codes(calm: None, server: Server, http_client: NewClient) -> None:
    member = http_client(server).sign_in("member")
    silent = RoomSocket(member, "lobby")
    binary = RoomSocket(member, "lobby").hello()
    binary.socket.send(b"\x00\xff")
    assert binary.closed() == 1003
    flood = RoomSocket(member, "lobby").hello()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            flood.send(kind="typing")
    assert flood.closed() == 4029
    assert silent.closed(within=5) == 4008
    large = RoomSocket(member, "lobby").hello()
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
def test_a_cursor_of_no_use_gets_the_present(
    calm: None, server: Server, http_client: NewClient, cursor: object
) -> None:
    member = http_client(server).sign_in("member")
    RoomSocket(member, "lobby").hello().say("something to see")
    room = RoomSocket(member, "lobby")
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
    assert room.texts == RoomSocket(member, "lobby").texts


def test_hidden_and_turning_characters_are_taken_out(calm: None, server: Server, http_client: NewClient) -> None:
    room = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
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
