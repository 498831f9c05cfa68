"""A bad line, and many who talk at once: everything arrives, in order, once."""

import re
import threading
import time
from collections.abc import Callable

import pytest

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually, pause

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
Invite = Callable[..., Person]
UNBOUNDED = {"ROOMS_POST_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}


def test_two_seconds_without_a_line_in_every_five_for_three_minutes(
    person: Invite, new_deployment: Callable[..., Deployment], flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    over = threading.Event()
    conversations = [Conversation(new_deployment(), kind, person, flaky_proxy) for kind in ("daphne", "uvicorn")]
    faults = [threading.Thread(target=_cut_and_mend, args=(each.line, over)) for each in conversations]
    for each in faults:
        each.start()
    started = time.monotonic()
    while time.monotonic() - started < 180:
        for conversation in conversations:
            conversation.goes_on()
        pause(0.4)
    over.set()
    for each in faults:
        each.join()
    for conversation in conversations:
        conversation.comes_to_rest()


class Conversation:
    """Two pages on a bad line, one of which also says something, and somebody who talks without end."""

    def __init__(
        self, deployment: Deployment, kind: str, person: Invite, proxy: Callable[[Server], FlakyProxy]
    ) -> None:
        self.deployment = deployment
        server = deployment.start_server(kind)
        self.line = proxy(server)
        self.listener = person(self.line).sign_in("other").open_room("lobby")
        self.writer = person(self.line).sign_in("member").open_room("lobby")
        self.talker = RoomSocket(HttpClient(server.url).sign_in("staff"), "lobby").hello()
        self.told: list[str] = []
        self.typed: list[str] = []

    def goes_on(self) -> None:
        self.told.append(f"told {len(self.told)}")
        self.talker.say(self.told[-1])
        self.talker.waits_for(self.told[-1])
        if len(self.told) % 5 == 0:
            self.typed.append(f"typed {len(self.typed)}")
            self.writer.say(self.typed[-1])

    def comes_to_rest(self) -> None:
        """Every text is stored once, and stands on both pages in its place."""
        eventually(lambda: not self.writer.unconfirmed, 60, "every text confirmed")
        for someone in (self.listener, self.writer):
            someone.sees_in_order(self.told, within=60).sees_in_order(self.typed, within=10)
        stored = [text for (text,) in self.deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
        assert [text for text in stored if text in self.told] == self.told
        assert [text for text in stored if text in self.typed] == self.typed
        for someone in (self.listener, self.writer):
            someone.equals_a_fresh_page()


def test_a_half_open_line_is_noticed_and_healed(
    person: Invite, server: Server, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    line = flaky_proxy(server)
    member = person(line).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.type("a draft")
    line.black_hole()
    other.say("said into the hole").sees("said into the hole")
    eventually(member.banner.is_visible, 12, "the page tells that it hears nothing")
    eventually(lambda: other.people == ["other"], 20, "who is unreachable is no longer here")
    line.mend()
    member.sees("said into the hole", within=60).equals_a_fresh_page()
    eventually(lambda: not member.banner.is_visible(), 15, "all is well")
    assert member.box.input_value() == "a draft"
    other.sees_people("member", "other")


def _cut_and_mend(line: FlakyProxy, over: threading.Event) -> None:
    while not over.wait(3):
        line.cut()
        pause(2)
        line.mend()


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_thousand_messages_reach_twenty_sockets_in_order(
    new_deployment: Callable[..., Deployment], kind: str
) -> None:
    deployment = new_deployment(**UNBOUNDED)
    server = deployment.start_server(kind)
    reader, writer = HttpClient(server.url).sign_in("other"), HttpClient(server.url).sign_in("member")
    readers = [RoomSocket(reader, "lobby").hello() for _ in range(20)]
    rooms = [RoomSocket(writer, "lobby").hello() for _ in range(10)]
    listening = _listen(readers, lambda room: len(_bursts(room)) >= 1000)
    for number in range(100):
        for each, room in enumerate(rooms):
            room.send(
                kind="say",
                text=f"burst {number:03}-{each}",
                page=room.fields("sent")["page"],
                acked=str(number),
            )
    listening()
    rows = deployment.rows("SELECT text FROM parlour_rooms_message WHERE text LIKE %s ORDER BY seq", "burst %")
    stored = [text for (text,) in rows]
    assert len(set(stored)) == 1000
    for room in readers:
        assert _bursts(room) == stored


def _listen(rooms: list[RoomSocket], enough: Callable[[RoomSocket], bool]) -> Callable[[], None]:
    """Read on all sockets at once; call what is returned to wait until each has heard enough."""
    threads = [threading.Thread(target=room.read, args=(120, enough)) for room in rooms]
    for each in threads:
        each.start()

    def heard() -> None:
        for each in threads:
            each.join()

    return heard


def _bursts(room: RoomSocket) -> list[str]:
    return re.findall(r">(burst \d+-\d)<", "".join(room.frames))
