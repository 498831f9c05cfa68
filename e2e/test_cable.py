"""A bad line: everything arrives, in order, once."""

import threading
import time
from collections.abc import Callable

import pytest

from .support.cable import Cable
from .support.houses import House
from .support.people import Person
from .support.servers import Server
from .support.visitors import Visitor
from .support.waiting import eventually, pause
from .support.wire import Room

pytestmark = pytest.mark.faults
Invite = Callable[..., Person]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_two_seconds_without_a_line_in_every_five_for_a_minute(
    person: Invite, new_house: Callable[..., House], cable: Callable[[Server], Cable], kind: str
) -> None:
    house = new_house()
    server = house.open(kind)
    line = cable(server)
    listener = person(line).sign_in("other").open_room("lobby")
    writer = person(line).sign_in("member").open_room("lobby")
    talker = Room(Visitor(server.url).sign_in("staff"), "lobby").hello()
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
    stored = [text for (text,) in house.rows("SELECT text FROM rooms_message ORDER BY seq")]
    assert [text for text in stored if text in told] == told
    assert [text for text in stored if text in typed] == typed
    for someone in (listener, writer):
        someone.equals_a_fresh_page()


def test_a_half_open_line_is_noticed_and_healed(
    person: Invite, server: Server, cable: Callable[[Server], Cable]
) -> None:
    line = cable(server)
    member = person(line).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.type("a draft")
    line.black_hole()
    other.say("said into the hole").sees("said into the hole")
    eventually(member.banner.is_visible, 12, "the page tells that it hears nothing")
    eventually(lambda: other.people == ["other"], 20, "who is unreachable is no longer here")
    line.mend()
    member.sees("said into the hole", within=60).equals_a_fresh_page()
    eventually(lambda: not member.banner.is_visible(), 5, "all is well")
    assert member.box.input_value() == "a draft"
    other.sees_people("member", "other")


def _cut_and_mend(line: Cable, over: threading.Event) -> None:
    while not over.wait(3):
        line.cut()
        pause(2)
        line.mend()
