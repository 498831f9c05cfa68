"""Talking through a widget on somebody else's site: with its visitors, and with those whom the site vouches for."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .support.appearance import is_accessible
from .support.bell import bell, count
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.host_site import NO_SCRIPT, HostSite, StaffWidget, visit
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.vouching import ANYWHERE, VouchingSite, box, choose_name, live, say, sees

Invite = Callable[..., Person]
SETTINGS = {**FAST_CLOCKS, "LOG_LEVEL": "DEBUG"}
ROOM = {"title": "Talk to us", "kind": "room", "room": "1", "access": "anyone"}
DESK = {"title": "Ask us", "kind": "desk", "access": "vouched"}
WITHOUT_SOCKET = 26.0  # seconds after which a page that heard nothing has fetched itself anew
TELL = """
from alerts import notify
from widgets.visitors import find
notify(find("{}", "1"), "order", "Your order is on its way", url="https://shop.example/orders/5")
"""
WITHIN = 5_000  # milliseconds after which a right that went is gone


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Server:
    """uvicorn; the other stories of widgets are told on daphne."""
    return deployment.start_server("uvicorn")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostSite]:
    site = HostSite(tmp_path_factory.mktemp("host"))
    yield site
    site.close()


def test_a_visitor_and_people_in_the_room_talk_and_a_cut_loses_nothing(
    person: Invite, server: Server, host: HostSite, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    widget = StaffWidget(server, **ROOM, sites=host.origin())
    host.put("/", widget.snippet().replace(server.url, wire.url))
    stranger = person(server, **ANYWHERE)
    frame = visit(stranger, host.origin() + "/")
    choose_name(frame, "Robin")
    live(frame)
    member = person(server).sign_in("member").open_room("lobby").say("who is there?")
    sees(frame, "who is there?")
    say(frame, "Robin, from the shop")
    member.sees("Robin, from the shop").sees_people("member", "Robin")
    expect(member.log.locator("li", has_text="Robin, from the shop")).to_contain_text(re.compile(r"Robin\s+visitor"))
    wire.cut()
    member.say("said while it was cut")
    say(frame, "typed while it was cut")
    expect(frame.locator(".pl-box [name=text]")).to_have_count(2)
    wire.mend()
    for text in ("said while it was cut", "typed while it was cut"):
        sees(frame, text)
        member.sees(text)
    assert not stranger.context.cookies()


def test_without_script_a_visitor_chooses_a_name_writes_and_reads_on(
    person: Invite, server: Server, host: HostSite
) -> None:
    widget = StaffWidget(server, **ROOM, sites=host.origin())
    host.put("/plain", widget.snippet(), Content_Security_Policy=NO_SCRIPT.format(server.url))
    frame = visit(person(server, java_script_enabled=False, **ANYWHERE), host.origin() + "/plain")
    choose_name(frame, "Kim")
    say(frame, "without any script")
    sees(frame, "without any script")
    member = person(server).sign_in("member").open_room("lobby").sees("without any script").say("I read you")
    member.sees("I read you")
    frame.get_by_role("button", name="Look for newer messages").click()
    sees(frame, "I read you")
    say(frame, "still Kim")
    member.sees("still Kim")


def test_where_no_socket_gets_through_the_page_asks_by_itself_and_posts(
    person: Invite, server: Server, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    wire.refuses_sockets = True
    widget = StaffWidget(server, **ROOM)
    stranger = person(wire).speed_up().go(widget.address.removeprefix(server.url))
    stranger.page.get_by_role("textbox", name="Your name").fill("Lee")
    stranger.page.get_by_role("button", name="Write here").click()
    expect(stranger.box).to_be_visible()
    member = person(server).sign_in("member").open_room("lobby").say("can you read this?")
    stranger.sees("can you read this?", within=WITHOUT_SOCKET)
    stranger.type("by the plain form")
    with stranger.page.expect_navigation():
        stranger.page.get_by_role("button", name="Send", exact=True).click()
    stranger.sees("by the plain form")
    member.sees("by the plain form")
    wire.mend()
    stranger.speed_up().wait_live(within=WITHOUT_SOCKET)
    stranger.say("and live again")
    member.sees("and live again")


def test_staff_hear_of_a_visitor_answer_and_ban_them_for_good(person: Invite, server: Server, host: HostSite) -> None:
    site = VouchingSite(host, StaffWidget(server, **DESK, sites=host.origin()))
    stranger = person(server, **ANYWHERE)
    frame = live(site.shows(stranger, "42", "Vera"))
    sue = bell(person(server).sign_in("staff"), "/")
    say(frame, "my order is late")
    count(sue, "1")
    sue.page.get_by_role("link", name="Ask us: Vera").click()  # among the rooms; a toast names her too
    sue.wait_live().sees("my order is late").say("I look at it")
    sees(frame, "I look at it")
    expect(sue.page.locator("#bell-count .pl-pill")).to_have_count(0)
    sue.page.get_by_role("button", name="Visitor").click()
    sue.page.get_by_role("button", name="Ban").click()
    expect(frame.get_by_text("You cannot take part here any more.")).to_be_visible(timeout=WITHIN)
    again = site.shows(stranger, "42", "Vera")
    expect(again.get_by_text("You cannot take part here any more.")).to_be_visible()


def test_two_widgets_are_apart_and_one_is_stopped_alone(person: Invite, server: Server, host: HostSite) -> None:
    first, second = (VouchingSite(host, StaffWidget(server, **DESK, sites=host.origin())) for _ in range(2))
    vera = live(first.shows(person(server, **ANYWHERE), "one", "Vera"))
    paul = live(second.shows(person(server, **ANYWHERE), "two", "Paul"))
    say(vera, "from the first")
    say(paul, "from the second")
    sees(vera, "from the first")
    sees(paul, "from the second")
    expect(vera.get_by_text("from the second")).to_have_count(0)
    first.widget.press("end")
    expect(vera.get_by_text("Load the page again.")).to_be_visible(timeout=WITHIN)
    say(paul, "still here")
    sees(paul, "still here")
    second.widget.press("off")
    expect(paul.get_by_text("This is not here any more.")).to_be_visible(timeout=WITHIN)


def test_who_is_vouched_for_is_the_same_on_every_page_and_no_secret_is_in_a_log(
    person: Invite, server: Server, host: HostSite
) -> None:
    site = VouchingSite(host, StaffWidget(server, **DESK, sites=host.origin()))
    stranger = person(server, **ANYWHERE)
    frame = live(site.shows(stranger, "7", "Vera"))
    say(frame, "before I went")
    sees(frame, "before I went")
    ticket = frame.locator("input[name=ticket]").first.input_value()
    inner = stranger.page.frames[-1]
    assert "identity" not in inner.url
    inner.goto(inner.url)
    expect(frame.get_by_text("Load the whole page around it again.")).to_be_visible()
    stranger.page.reload()  # the host's page is kept in a cache, with the same token in it
    expect(frame.get_by_text("Load the whole page around it again.")).to_be_visible()
    frame = live(site.shows(stranger, "7", "Vera"))
    sees(frame, "before I went")
    expect(box(frame)).to_be_editable()
    log = server.process.log.read_text()
    assert "/ws/embed/" in log
    secrets = [site.secret, ticket, *site.tokens]
    assert [each for each in secrets if each in log] == []
    asked = [line for line in stranger.requests if ticket in line or "ticket=" in line]
    assert asked == []
    assert len([line for line in stranger.requests if "identity=" in line]) == 3


def test_a_bell_shows_somebody_their_own_alerts_as_they_come(
    person: Invite, server: Server, host: HostSite, deployment: Deployment
) -> None:
    site = VouchingSite(host, StaffWidget(server, title="Your orders", kind="bell", access="vouched"))
    vera, sent = person(server), list[str]()
    vera.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    vera.go(f"{site.widget.address.removeprefix(server.url)}?identity={site.token('1', 'Vera')}")
    expect(vera.page.get_by_text("Nothing is waiting for you.")).to_be_visible()
    expect(vera.page.locator("input[name=met]")).to_have_value("1")
    deployment.manage("shell", "-v0", "-c", TELL.format(site.public_id))
    link = vera.page.get_by_role("link", name="Your order is on its way")
    expect(link).to_have_attribute("target", "_blank")
    is_accessible(vera)
    vera.page.get_by_role("button", name="Mark all read").click()
    expect(vera.page.get_by_text("Unread:")).to_have_count(0)
    expect(link).to_be_visible()
    assert '"upto":"' in sent[-1]  # what came meanwhile is not read
