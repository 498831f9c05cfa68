"""Widgets on somebody else's site: what a stranger's browser shows there, and what it never does.

The host is another origin and another site, and runs no script at all.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import FrameLocator, Locator, Response, expect

from .support.appearance import is_accessible
from .support.host_site import NO_SCRIPT, HostSite, StaffWidget, visit
from .support.people import Person
from .support.servers import Server

Invite = Callable[..., Person]
DESK = {"title": "Ask us", "kind": "desk", "access": "anyone"}
ANYWHERE = {"ignore_https_errors": True}  # nobody vouches for the host's certificate


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostSite]:
    site = HostSite(tmp_path_factory.mktemp("host"))
    yield site
    site.close()


def heading(frame: FrameLocator) -> None:
    expect(frame.get_by_role("heading", name="Ask us")).to_be_visible()


def test_the_line_that_is_copied_shows_the_widget_on_its_sites_and_nowhere_else(
    person: Invite, server: Server, host: HostSite
) -> None:
    widget = StaffWidget(server, **DESK, sites=f"{host.origin()}\n{host.origin('*.mall')}")
    line = widget.snippet()
    assert re.fullmatch(
        r'<iframe title="Ask us" src="http://127\.0\.0\.1:\d+/embed/[\w-]{22}/" width="360" height="560"'
        r' loading="lazy" referrerpolicy="no-referrer"></iframe>',
        line,
    )
    host.put("/", line, Content_Security_Policy=NO_SCRIPT.format(server.url))
    stranger = person(server, **ANYWHERE)
    for name in ("shop", "first.mall"):
        heading(visit(stranger, host.origin(name) + "/"))
    assert not stranger.violations
    for name in ("other", "shop.other", "mall"):
        stranger.violations.clear()
        frame = visit(stranger, host.origin(name) + "/")
        stranger.page.wait_for_load_state("networkidle")
        expect(frame.get_by_role("heading", name="Ask us")).to_have_count(0)
        assert any("frame-ancestors" in line for line in stranger.violations), name
    stranger.violations.clear()


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_a_host_that_isolates_itself_can_show_it(person: Invite, server: Server, host: HostSite, policy: str) -> None:
    """Such a host (COEP) shows nothing that does not agree to it."""
    widget = StaffWidget(server, **DESK, sites=host.origin())
    isolated = {"Cross_Origin_Embedder_Policy": policy, "Cross_Origin_Opener_Policy": "same-origin"}
    host.put("/isolated", widget.snippet() + f'<iframe src="{server.url}/healthz"></iframe>', **isolated)
    stranger = person(server, **ANYWHERE)
    frame = visit(stranger, host.origin() + "/isolated").first
    heading(frame)
    assert stranger.page.evaluate("crossOriginIsolated")
    frame.get_by_role("textbox", name="Your name").fill("Robin")
    frame.get_by_role("button", name="Write here").click()
    expect(frame.locator("[id$='-met']")).to_have_value("1")  # its script and its socket work there
    stranger.violations.clear()


def test_it_opens_without_script_and_is_loaded_only_then(person: Invite, server: Server, host: HostSite) -> None:
    widget = StaffWidget(server, **DESK, sites=host.origin())
    host.put(
        "/closed", widget.snippet("The frame, closed at first"), Content_Security_Policy=NO_SCRIPT.format(server.url)
    )
    stranger = person(server, **ANYWHERE)
    frame = visit(stranger, host.origin() + "/closed")
    stranger.page.wait_for_load_state("networkidle")
    assert not [each for each in stranger.requests if "/embed/" in each]
    stranger.page.locator("summary").press("Enter")
    heading(frame)
    without = person(server, java_script_enabled=False, **ANYWHERE)  # a browser then loads what is lazy at once
    frame = visit(without, host.origin() + "/closed")
    without.page.locator("summary").press("Enter")
    heading(frame)


def test_whoever_is_signed_in_here_is_a_stranger_there(person: Invite, server: Server, host: HostSite) -> None:
    """Also where a browser would send cookies: in the preview, and in a host on this very site."""
    widget = StaffWidget(server, **DESK, sites=f"{host.origin()}")
    host.put("/", widget.snippet())
    sue = person(server, **ANYWHERE).sign_in("staff")
    before = cookies(sue)
    answers: list[Response] = []
    sue.page.on("response", lambda answer: answers.append(answer))
    for address in (host.origin() + "/", server.url + widget.path):
        frame = visit(sue, address)
        heading(frame)
        expect(frame.get_by_role("textbox", name="Your name")).to_be_visible()
        frame.get_by_role("textbox", name="Your name").fill("Robin")
        frame.get_by_role("button", name="Write here").click()
        expect(frame.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    embedded = [each for each in answers if "/embed/" in each.url]
    assert len(embedded) >= 4
    assert not [each.url for each in embedded if "set-cookie" in each.all_headers()]
    assert cookies(sue) == before


def test_an_app_without_an_address_can_show_it_where_staff_say_so(person: Invite, server: Server) -> None:
    """The page of a WebView is nobody's: its origin is null."""
    widget = StaffWidget(server, **DESK, sites="https://shop.example")
    webview = f"data:text/html,<title>An app</title>{quote(widget.snippet())}"
    stranger = person(server)
    frame = visit(stranger, webview)
    stranger.page.wait_for_load_state("networkidle")
    assert any("frame-ancestors" in line for line in stranger.violations)
    stranger.violations.clear()
    expect(frame.get_by_role("heading", name="Ask us")).to_have_count(0)
    widget.change(apps="on")
    frame = visit(stranger, webview)
    frame.get_by_role("textbox", name="Your name").fill("Robin")
    frame.get_by_role("button", name="Write here").click()
    frame.get_by_role("textbox", name="Message", exact=True).fill("From an app")
    frame.get_by_role("button", name="Send", exact=True).click()
    expect(frame.get_by_role("list", name="Messages").get_by_text("From an app")).to_be_visible()


def test_it_is_used_by_keyboard_alone_where_there_is_little_room(
    person: Invite, server: Server, host: HostSite
) -> None:
    widget = StaffWidget(server, **DESK, sites=host.origin())
    sandbox = 'width="280" height="400" sandbox="allow-scripts allow-same-origin allow-forms allow-popups"'
    host.put("/small", widget.snippet().replace('width="360" height="560"', sandbox))
    stranger = person(server, **ANYWHERE)
    frame = visit(stranger, host.origin() + "/small")
    heading(frame)
    keys = stranger.page.keyboard
    reach(stranger, frame.get_by_role("textbox", name="Your name"))
    keys.type("Robin")
    keys.press("Enter")
    box = frame.get_by_role("textbox", name="Message", exact=True).first
    reach(stranger, box)
    for text in ("Good evening.", "A-word-that-is-rather-long-and-does-not-end-where-a-narrow-window-would-like-it-to"):
        keys.type(text)
        keys.press("Enter")
        expect(frame.get_by_role("list", name="Messages").get_by_text(text)).to_be_visible()
        expect(box).to_have_value("")
    inside = next(each for each in stranger.page.frames if "/embed/" in each.url)
    assert inside.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert inside.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    expect(box).to_be_in_viewport(ratio=1)


def test_every_accent_can_be_read(person: Invite, server: Server) -> None:
    widget = StaffWidget(server, **DESK)
    stranger = person(server).go(widget.address.removeprefix(server.url))
    is_accessible(stranger)
    for name, button in (("Your name", "Write here"), ("Message", "Send")):
        stranger.page.get_by_role("textbox", name=name, exact=True).fill("A [link](https://shop.example)")
        stranger.page.get_by_role("button", name=button, exact=True).click()
    expect(stranger.page.get_by_role("link", name="link")).to_be_visible()
    stranger.page.get_by_role("textbox", name="Message", exact=True).first.fill("More")
    for accent in ("blue", "violet", "rose", "green", "slate", "teal"):
        stranger.page.evaluate("accent => document.documentElement.dataset.accent = accent", accent)
        is_accessible(stranger)


def cookies(somebody: Person) -> dict[str, str]:
    return {each["name"]: each["value"] for each in somebody.context.cookies()}


def reach(somebody: Person, box: Locator) -> None:
    """Press Tab until this has the focus."""
    for _ in range(20):
        somebody.page.keyboard.press("Tab")
        if box.evaluate("box => box === document.activeElement"):
            return
    raise AssertionError("not reached by keyboard")
