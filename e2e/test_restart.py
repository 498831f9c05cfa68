"""The server dies in mid-conversation: what was typed, sent and said comes through, once."""

from collections.abc import Callable

import pytest

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS, Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
RETURN = 30.0  # seconds: the page tries again after 1, 2, 4 … seconds, each drawn at random


def _stored(deployment: Deployment, *texts: str) -> list[str]:
    rows = deployment.rows("SELECT text FROM rooms_message ORDER BY seq")
    return [text for (text,) in rows if text in texts]


def test_a_killed_server_costs_nobody_a_word(person: Invite, new_deployment: Callable[..., Deployment]) -> None:
    deployment = new_deployment()
    server = deployment.start_server("daphne")
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.say("before the fall")
    other.sees("before the fall").type("a draft that must stay")
    server.kill()
    member.say("said into the dark").say("and again")
    assert member.unconfirmed == ["said into the dark", "and again"]
    server.start()
    said = ["before the fall", "said into the dark", "and again"]
    for someone in (member, other):
        someone.sees_in_order(said, within=RETURN).equals_a_fresh_page()
    eventually(lambda: not member.unconfirmed, RETURN, "the confirmation")
    assert other.box.input_value() == "a draft that must stay"
    assert _stored(deployment, *said) == said
    other.send().sees("a draft that must stay")
    member.sees("a draft that must stay")


@pytest.mark.faults
def test_three_restarts_in_a_row(person: Invite, new_deployment: Callable[..., Deployment]) -> None:
    deployment = new_deployment()
    server = deployment.start_server("daphne")
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    said = []
    for round_ in range(3):
        said.append(f"round {round_}")
        member.say(said[-1])
        server.restart()
        other.sees_in_order(said, within=RETURN)
    member.sees_in_order(said, within=RETURN).equals_a_fresh_page()
    other.equals_a_fresh_page()
    assert _stored(deployment, *said) == said


def test_a_lost_acknowledgement_stores_once(
    person: Invite, new_deployment: Callable[..., Deployment], flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    deployment = new_deployment(**FAST_CLOCKS)
    server = deployment.start_server()
    wire = flaky_proxy(server)
    member = person(wire).sign_in("member").speed_up().open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    wire.lose_answers()
    member.say("heard, but you will not know")
    other.sees("heard, but you will not know")
    assert member.unconfirmed == ["heard, but you will not know"]
    eventually(member.banner.is_visible, 10, "the page tells that it hears nothing")
    member.type("a draft")
    member.sees("heard, but you will not know", within=45)
    eventually(lambda: not member.unconfirmed, 5, "the confirmation")
    assert member.box.input_value() == "a draft"
    _says_and_hears(member, other)
    assert _stored(deployment, "heard, but you will not know") == ["heard, but you will not know"]


def _says_and_hears(one: Tab, another: Tab) -> None:
    """Both still talk to each other, and their pages are what a fresh load shows."""
    one.send().sees("a draft")
    another.sees("a draft").equals_a_fresh_page()
    one.equals_a_fresh_page()
