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
WATCHDOG = 26.0  # seconds after which a page that heard nothing has fetched itself anew


def test_a_person_without_javascript_reads_and_writes(person: Invite, server: Server) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member")
    other = person(server).sign_in("other").open_room("lobby")
    other.say("do you read me").sees("do you read me")
    plain.open_room("lobby", live=False).sees("do you read me")
    assert not plain.banner.is_visible()
    _post(plain, "loud and clear")
    plain.sees_in_order(["do you read me", "loud and clear"])
    other.sees_in_order(["do you read me", "loud and clear"])
    assert plain.box.input_value() == ""


def test_without_javascript_a_refusal_keeps_the_text(person: Invite, server: Server) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    much = "long " * 900
    _post(plain, much)
    expect(plain.page.get_by_text("4,000").first).to_be_visible()
    kept = plain.page.locator("main textarea, main input[name=text]")
    assert much.strip() in [box.input_value().strip() for box in kept.all()]


def test_a_page_without_a_socket_still_talks_and_gets_one_later(
    person: Invite, new_deployment: Callable[..., Deployment], flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    deployment = new_deployment(**FAST_CLOCKS)
    server = deployment.start_server()
    wire = flaky_proxy(server)
    wire.refuses_sockets = True
    member = person(wire).sign_in("member").speed_up().open_room("lobby", live=False)
    other = person(server).sign_in("other").open_room("lobby")
    other.say("can you hear me")
    member.say("typed before the page knew")
    eventually(member.banner.is_visible, 15, "the page tells that it hears nothing")
    member.sees("can you hear me", within=WATCHDOG)
    _post(member, "by the plain form")
    other.sees_in_order(["can you hear me", "typed before the page knew", "by the plain form"])
    member.sees_in_order(["can you hear me", "typed before the page knew", "by the plain form"])
    wire.mend()
    member.wait_live(within=WATCHDOG * 2)
    other.say("now at once")
    member.sees("now at once", within=5)
    stored = deployment.rows("SELECT count(*) FROM rooms_message WHERE text = %s", "typed before the page knew")
    assert stored == [(1,)]


def _post(somebody: Person, text: str) -> None:
    """Send by the form itself: the answer is a page."""
    somebody.type(text)
    with somebody.page.expect_navigation():
        somebody.page.get_by_role("button", name="Send", exact=True).click()
