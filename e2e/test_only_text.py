"""Forty texts that want to be more than text stay text: as messages by socket and by form, names, titles, orders."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support import payloads
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.shop import line, order, orders_page
from .support.waiting import eventually

Invite = Callable[..., Person]
NewClient = Callable[[Server], HttpClient]
SETTINGS = {"ROOMS_POST_RATE": "1000/1000"}
SHORT = [text for text in payloads.ALL if len(text) <= 60][::5]


def _untouched(watcher: Person) -> None:
    """Nothing ran, nothing was asked for, nothing of the page was exchanged."""
    assert not watcher.dialogs
    assert not [line for line in watcher.requests if "/hit" in line or "evil" in line or "/ws/hit" in line]
    assert watcher.page.locator("main#main").count() == 1
    assert watcher.page.get_by_text("swapped", exact=True).count() == 0


def test_messages_by_socket_and_by_form_and_the_names_of_who_says_them(
    person: Invite, server: Server, http_client: NewClient
) -> None:
    watcher = person(server).sign_in("other").open_room("lobby")
    room = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
    room.say(*payloads.ALL)
    posted = [("page", ""), ("acked", "0"), *(("text", text) for text in payloads.ALL)]
    assert room.client.post("/rooms/lobby/messages/", posted).status == 302
    watcher.say("that was all").sees("that was all")
    eventually(lambda: len(watcher.messages) > 2 * len(payloads.ALL), 10)
    live = watcher.messages
    for text in payloads.MARKUP + payloads.LIVE:
        assert live.count(text) == 2, text
    _untouched(watcher)
    for name in SHORT:
        RoomSocket(http_client(server).be_guest(name), "lobby").hello().say("my name is odd")
        expect(watcher.log.locator("bdi.pl-name").last).to_have_text(name)
    _untouched(watcher)
    watcher.open_room("lobby")
    shown = watcher.messages[: -len(SHORT)]
    assert shown == live[-len(shown) :]
    _untouched(watcher)


def test_titles_and_orders(person: Invite, server: Server, http_client: NewClient) -> None:
    staff, watcher = http_client(server).sign_in("staff"), person(server).sign_in("staff")
    paths = {title: staff.submit("/rooms/new/", title=title).headers["Location"] for title in SHORT}
    watcher.go("/")
    assert set(SHORT) <= set(watcher.page.locator("main h2 bdi").all_text_contents())
    _untouched(watcher)
    for title in SHORT[::3]:
        watcher.go(paths[title])
        assert watcher.page.locator("h1 bdi").text_content() == title
        assert title in watcher.page.title()
        _untouched(watcher)
    orders_page(watcher)
    words = "<img src=x onerror=alert(1)> <b hx-get='/hit' hx-trigger='load'>x</b>"
    order(http_client(server).sign_in("other"), words, note="</td></table><script>alert(2)</script>")
    expect(line(watcher, words)).to_contain_text("<script>alert(2)</script>")
    _untouched(watcher)


def test_marks_that_are_heaped_on_a_letter_cover_nobody_elses_line(
    person: Invite, server: Server, http_client: NewClient
) -> None:
    watcher = person(server).sign_in("member").open_room("lobby")
    room = RoomSocket(http_client(server).sign_in("other"), "lobby").hello()
    room.say("a calm line", "heaps of marks")
    heaped = watcher.sees("heaps of marks").log.locator(".pl-text", has_text="heaps of marks")
    calm = watcher.log.locator(".pl-text", has_text="a calm line")
    eventually(lambda: heaped.evaluate("text => text.closest('.pl-message').getAnimations().length") == 0)
    picture = calm.screenshot(caret="initial")
    heaped.evaluate("text => text.style.textShadow = '0 -1.75em'")  # few fonts here heap marks as high as this
    assert calm.screenshot(caret="initial") == picture
