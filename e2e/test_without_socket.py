"""Reading and writing without JavaScript, and with JavaScript where no socket gets through."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually

Invite = Callable[..., Person]
SETTINGS = FAST_CLOCKS
WATCHDOG = 26.0  # seconds after which a page that heard nothing has fetched itself anew


def test_without_javascript_people_read_write_go_back_and_correct(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    other = person(server).sign_in("other").open_room("lobby").say("do you read me").sees("do you read me")
    plain.page.reload()
    assert not plain.banner.is_visible()
    said = ["do you read me", "loud and clear", "said after Back"]
    for text in said[1:]:
        _post(plain, text)
        plain.sees(text)
        other.sees(text)
        assert plain.box.input_value() == ""
        plain.page.go_back()
    much = "long " * 900
    _post(plain, much)
    expect(plain.page.get_by_text("4,000").first).to_be_visible()
    kept = plain.page.locator("main textarea, main input[name=text]")
    assert much.strip() in [box.input_value().strip() for box in kept.all()]
    assert deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq") == [(text,) for text in said]


def test_a_page_without_a_socket_still_talks_and_gets_one_later(
    person: Invite, server: Server, deployment: Deployment, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    wire.refuses_sockets = True
    member = person(wire).sign_in("member").speed_up().open_room("lobby", live=False)
    other = person(server).sign_in("other").open_room("lobby").say("can you hear me")
    member.say("typed before the page knew")
    eventually(member.banner.is_visible, 15, "the page tells that it hears nothing")
    member.sees("can you hear me", within=WATCHDOG)
    _post(member, "by the plain form")
    said = ["can you hear me", "typed before the page knew", "by the plain form"]
    for someone in (other, member):
        someone.sees_in_order(said)
    wire.mend()
    member.wait_live(within=WATCHDOG * 2)
    other.say("now at once")
    member.sees("now at once", within=5)
    stored = deployment.rows("SELECT count(*) FROM parlour_rooms_message WHERE text = %s", said[1])
    assert stored == [(1,)]


def _post(somebody: Person, text: str) -> None:
    """Send by the form itself: the answer is a page."""
    somebody.type(text)
    with somebody.page.expect_navigation():
        somebody.page.get_by_role("button", name="Send", exact=True).click()
