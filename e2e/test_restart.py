"""The server dies in mid-conversation: what was typed, sent and said comes through, once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from .support.deployments import Deployment
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS, Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
SETTINGS = FAST_CLOCKS
RETURN = 30.0  # seconds: the page tries again after 1, 2, 4 … seconds, each drawn at random
POLICY = "content-security-policy"
pytestmark = pytest.mark.faults


def _stored(deployment: Deployment, *texts: str) -> list[str]:
    rows = deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")
    return [text for (text,) in rows if text in texts]


def test_a_killed_server_costs_nobody_a_word_and_two_rooms_on_one_page_stay_apart(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member, other, staff = (person(server).sign_in(name) for name in ("member", "other", "staff"))
    lobby, team = _both(staff)
    member.open_room("lobby").say("before the fall")
    other.open_room("lobby").sees("before the fall").type("a draft that must stay")
    lobby.sees("before the fall")
    team.say("in the team alone").sees("in the team alone")
    server.kill()
    member.say("said into the dark").say("and again")
    assert member.unconfirmed == ["said into the dark", "and again"]
    server.start()
    said = ["before the fall", "said into the dark", "and again"]
    for someone in (member, other, lobby):
        someone.sees_in_order(said, within=RETURN)
    team.wait_live(within=RETURN)
    eventually(lambda: not member.unconfirmed, RETURN, "the confirmation")
    assert other.box.input_value() == "a draft that must stay"
    other.send().sees("a draft that must stay")
    said.append("a draft that must stay")
    for someone in (member, other):
        someone.sees_in_order(said).equals_a_fresh_page()
    for side, text in ((lobby, "from beside the team"), (team, "from beside the lobby")):
        side.say(text).sees(text)
    other.sees("from beside the team")
    assert lobby.messages[-5:] == [*said, "from beside the team"]
    assert team.messages == ["in the team alone", "from beside the lobby"]
    assert _stored(deployment, *said) == said


def _both(somebody: Person) -> tuple[Tab, Tab]:
    """The lobby's page with the team's room beside it, each as the server made it: the two rooms."""

    def both(route: Route) -> None:
        lobby, team = (somebody.page.request.get(f"{somebody.url}/rooms/{slug}/") for slug in ("lobby", "team"))
        second = team.text().partition('<div class="room pl-room">')[2].partition("</main>")[0]
        page = lobby.text().replace("</main>", f'<div class="room pl-room">{second}</main>')
        route.fulfill(body=page, headers={name: lobby.headers[name] for name in ("content-type", POLICY)})

    somebody.page.route("**/both/", both)
    somebody.go("/both/")
    lobby, team = (Tab(somebody.page, somebody.url, f"#room-{slug}").wait_live() for slug in ("lobby", "team"))
    return lobby, team
