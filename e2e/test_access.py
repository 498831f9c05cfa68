"""Who gets in, and what those are told who do not."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.http_client import HttpClient
from .support.markup import parse
from .support.people import Person
from .support.room_socket import RoomSocket, dial, until_closed
from .support.servers import Server

NewClient = Callable[[Server], HttpClient]
SECRET = "the treasure is under the fig tree"


def test_who_signs_in_by_the_form_gets_where_they_were_going(server: Server, person: Callable[..., Person]) -> None:
    staff = person(server).go("/shop/orders/").sign_in_by_form("staff")
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    staff.sign_out()
    expect(staff.go("/rooms/team/").page.locator("section.pl-talk")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "ways"),
    [("other", ["/"]), ("", ["/accounts/login/", "/"])],
)
def test_a_members_room_tells_strangers_how_to_get_in_and_not_even_that_it_is_there(
    server: Server, http_client: NewClient, name: str, ways: list[str]
) -> None:
    team = RoomSocket(http_client(server).sign_in("staff"), "team").hello()
    team.say(SECRET)
    team.waits_for(SECRET)
    stranger = http_client(server).sign_in(name) if name else http_client(server)
    answers = [stranger.get(f"/rooms/{slug}/") for slug in ("team", "nowhere")]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].page.text == answers[1].page.text
    assert "only its members can read it" in answers[0].page.text
    links = [link.attrs["href"].partition("?")[0] for link in answers[0].page.find("main")[0].find("a")]
    assert [link for link in ways if link not in links] == []
    for slug in ("team", "nowhere"):
        [farewell], closed = until_closed(dial(server.url, f"/ws/rooms/{slug}/", stranger.cookies))
        said = parse(farewell)
        assert (closed, [node.attrs["id"] for node in said.children]) == (4004, [f"room-{slug}-hb"])
        assert "only its members can read it" in said.text
        assert [link.attrs["href"] for link in said.find("a")] == ["/"]
        assert said.by_id(f"room-{slug}-beat") is None, "a beat would wake the watchdog"
    for path in ("/", "/rooms/team/", "/rooms/team/panel/", "/rooms/team/older/?upto=9", "/rooms/team/members/"):
        assert SECRET not in stranger.get(path).text, path
    assert SECRET not in farewell
