"""Every page keeps the content policy, serves everybody, and fits from the narrowest to a wide window."""

from collections.abc import Callable

import pytest

from .support.appearance import fill_with_content, fits, is_accessible
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server

Invite = Callable[..., Person]
NewClient = Callable[[Server], HttpClient]

PAGES = {
    "": [
        "/",
        "/rooms/lobby/",
        "/rooms/team/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/guest/",
        "/shop/",
        "/no-such-page/",
    ],
    "member": [
        "/",
        "/rooms/lobby/",
        "/rooms/team/",
        "/rooms/new/",
        "/accounts/profile/",
        "/accounts/password/",
        "/echo/",
        "/shop/",
        "/shop/mine/",
        "/shop/orders/2/",
        "/alerts/",
        "/alerts/?show=archived",
        "/alerts/preferences/",
    ],
    "other": ["/rooms/team/"],
    "staff": [
        "/rooms/team/settings/",
        "/rooms/team/members/",
        "/rooms/team/delete/",
        "/shop/orders/",
        "/shop/orders/1/",
        "/alerts/",
        "/alerts/?show=unread&kind=order",
    ],
}
EVERY = [(name, path) for name, paths in PAGES.items() for path in paths]


@pytest.fixture(scope="module")
def server_with_content(server: Server) -> Server:
    """A server with something in it to look at."""
    fill_with_content(server)
    return server


@pytest.mark.parametrize(("name", "path"), EVERY, ids=[f"{name or 'nobody'} {path}" for name, path in EVERY])
def test_a_page_has_no_serious_fault_at_any_size(
    person: Invite, server_with_content: Server, name: str, path: str
) -> None:
    somebody = person(server_with_content)
    if name:
        somebody.sign_in(name)
    somebody.go(path)
    if somebody.page.locator("section.talk").count():
        somebody.wait_live()
    fits(somebody, f"{name or 'nobody'}{path.replace('/', '-')}")
    is_accessible(somebody)


def test_every_answer_carries_the_policy(server_with_content: Server, http_client: NewClient) -> None:
    member = http_client(server_with_content).sign_in("member")
    for path in {path for _, path in EVERY} | {"/healthz", "/accounts/u1.css", "/accounts/u1.svg"}:
        headers = member.get(path).headers
        policy = headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers.get("X-Content-Type-Options") == "nosniff", path


def test_the_room_can_be_used_by_keyboard(person: Invite, server_with_content: Server) -> None:
    member = person(server_with_content).sign_in("member").open_room("lobby")
    member.page.keyboard.press("Tab")
    assert member.page.evaluate("document.activeElement.textContent") == "Skip to content"
    member.box.focus()
    member.page.keyboard.type("by keyboard alone")
    member.page.keyboard.press("Enter")
    member.sees("by keyboard alone")
    assert member.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Message"
    assert member.page.title().startswith("Lobby")


def test_news_is_spoken_once_and_calmly(person: Invite, server_with_content: Server) -> None:
    member = person(server_with_content).sign_in("member").open_room("lobby")
    other = person(server_with_content).sign_in("other").open_room("lobby")
    other.say("for the ear")
    member.sees("for the ear")
    spoken = member.page.locator(f"#{member.key}-announce")
    assert "for the ear" in (spoken.text_content() or "")
    polite = member.page.locator("section.talk [aria-live=polite], section.talk [role=status], section.talk [role=log]")
    loud = [each for each in polite.all() if "for the ear" in (each.text_content() or "")]
    assert len(loud) == 1
