"""One message, two calendars; two rooms, two composers."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # 25 hours apart: never the same day


def test_each_reads_one_message_by_their_own_calendar(
    person: Invite, server: Server, http_client: Callable[[Server], HttpClient]
) -> None:
    http_client(server).sign_in("member").submit("/accounts/profile/", time_zone=EAST)
    http_client(server).sign_in("other").submit("/accounts/profile/", time_zone=WEST)
    east = person(server).sign_in("member").open_room("lobby")
    west = person(server).sign_in("other").open_room("lobby")
    east.say("what day is it")
    west.sees("what day is it")
    live = _when(east, "what day is it"), _when(west, "what day is it")
    assert live[0][0] != live[1][0], "both read the same day"
    assert live[0][1] == live[1][1] or live[0][1][-2:] == live[1][1][-2:]
    for someone, shown in zip((east, west), live, strict=True):
        someone.page.reload()
        assert _when(someone.sees("what day is it"), "what day is it") == shown


def test_a_pending_text_stays_in_its_room(
    person: Invite, server: Server, deployment: Deployment, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    member = person(wire).sign_in("member").open_room("lobby")
    member.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Lobby").hover()
    wire.silence_sockets()
    member.say("for the lobby alone").type("a draft for the lobby")
    _walk(member, "Team")
    assert member.box.input_value() == ""
    wire.mend()
    member.wait_live(within=40)
    member.say("for the team").sees("for the team")
    assert "for the lobby alone" not in member.messages
    _walk(member, "Lobby")
    member.sees("for the lobby alone", within=40)
    assert member.box.input_value() == "a draft for the lobby"
    eventually(lambda: not member.unconfirmed, 5, "the confirmation")
    said = "SELECT text, title FROM rooms_message m JOIN rooms_room r ON r.id = m.room_id WHERE text LIKE %s"
    stored = sorted(deployment.rows(said, "for the %"))
    assert stored == [("for the lobby alone", "Lobby"), ("for the team", "Team")]


def test_walking_between_rooms_keeps_each_rooms_talk_apart(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    staff = person(server).sign_in("staff").open_room("team")
    for lap in range(3):
        _walk(member, "Team")
        member.wait_live()
        staff.say(f"team {lap}")
        member.sees(f"team {lap}").say(f"yes, team {lap}")
        staff.sees(f"yes, team {lap}")
        _walk(member, "Lobby")
        member.wait_live().say(f"lobby {lap}").sees(f"lobby {lap}")
    assert not [text for text in member.messages if "team" in text]
    assert not [text for text in staff.messages if "lobby" in text]
    member.equals_a_fresh_page()
    staff.equals_a_fresh_page()


def _walk(somebody: Tab, title: str) -> None:
    """Go to another room by its link, as people do: the page is not loaded anew."""
    somebody.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=title).click()
    expect(somebody.page.get_by_role("heading", level=1, name=title)).to_be_visible()


def _when(somebody: Tab, text: str) -> tuple[str, str]:
    """The day and the time under which a message stands."""
    line = somebody.log.locator("li.message").filter(has_text=text).last
    day = somebody.log.locator(".day").last.inner_text()
    return day, line.locator("time").first.inner_text()
