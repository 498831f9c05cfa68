"""A bad line: everything arrives, in order, once."""

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

pytestmark = pytest.mark.faults
Invite = Callable[..., Person]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_two_seconds_without_a_line_in_every_five_for_a_minute(
    person: Invite, new_deployment: Callable[..., Deployment], flaky_proxy: Callable[[Server], FlakyProxy], kind: str
) -> None:
    deployment = new_deployment()
    server = deployment.start_server(kind)
    line = flaky_proxy(server)
    listener = person(line).sign_in("other").open_room("lobby")
    writer = person(line).sign_in("member").open_room("lobby")
    talker = RoomSocket(HttpClient(server.url).sign_in("staff"), "lobby").hello()
    over = threading.Event()
    faults = threading.Thread(target=_cut_and_mend, args=(line, over))
    faults.start()
    told: list[str] = []
    typed: list[str] = []
    started = time.monotonic()
    while time.monotonic() - started < 60:
        told.append(f"told {len(told)}")
        talker.say(told[-1])
        talker.waits_for(told[-1])
        if len(told) % 5 == 0:
            typed.append(f"typed {len(typed)}")
            writer.say(typed[-1])
        pause(0.4)
    over.set()
    faults.join()
    eventually(lambda: not writer.unconfirmed, 60, "every text confirmed")
    for someone in (listener, writer):
        someone.sees_in_order(told, within=60).sees_in_order(typed, within=10)
    stored = [text for (text,) in deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
    assert [text for text in stored if text in told] == told
    assert [text for text in stored if text in typed] == typed
    for someone in (listener, writer):
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
