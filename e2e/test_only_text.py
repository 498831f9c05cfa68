"""Forty texts that want to be more than text stay text: as messages by socket and by form, as names, as titles."""

from collections.abc import Callable

from .support import payloads
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]
NewClient = Callable[[Server], HttpClient]
SHOWN_AS_TYPED = payloads.MARKUP + payloads.LIVE


def _untouched(watcher: Person) -> None:
    """Nothing ran, nothing was asked for, nothing of the page was exchanged."""
    assert not watcher.dialogs
    assert not [line for line in watcher.requests if "/hit" in line or "evil" in line or "/ws/hit" in line]
    assert watcher.page.locator("main#main").count() == 1
    assert watcher.page.get_by_text("swapped", exact=True).count() == 0


def test_messages_by_socket_and_by_form(
    person: Invite, new_deployment: Callable[..., Deployment], http_client: NewClient
) -> None:
    deployment = new_deployment(ROOMS_POST_RATE="1000/1000")
    server = deployment.start_server()
    watcher = person(server).sign_in("other").open_room("lobby")
    room = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
    form = next(form for form in room.page.find("form") if form.attrs.get("action", "").endswith("/messages/"))
    room.say(*payloads.ALL)
    posted = [("page", ""), ("acked", "0"), *(("text", text) for text in payloads.ALL)]
    assert room.client.post(form.attrs["action"], posted).status == 302
    watcher.say("that was all").sees("that was all")
    eventually(lambda: len(watcher.messages) >= 2 * len(payloads.ALL), 10)
    for text in SHOWN_AS_TYPED:
        assert watcher.messages.count(text) == 2, text
    _untouched(watcher)
    live = watcher.messages
    watcher.open_room("lobby")
    assert watcher.messages == live[-len(watcher.messages) :]
    _untouched(watcher)


def test_display_names(person: Invite, server: Server, http_client: NewClient) -> None:
    watcher = person(server).sign_in("other").open_room("lobby")
    names = [text for text in payloads.ALL if len(text) <= 60]
    assert len(names) > 30
    for name in names[:20]:
        room = RoomSocket(http_client(server).be_guest(name), "lobby").hello()
        room.say(f"I am number {names.index(name)}")
        watcher.sees(f"I am number {names.index(name)}")
        line = watcher.log.locator("li.message", has_text=f"I am number {names.index(name)}").last
        assert line.locator("bdi.name").text_content() == name
        room.socket.close()
    _untouched(watcher)


def test_room_titles(person: Invite, server: Server, http_client: NewClient) -> None:
    staff = http_client(server).sign_in("staff")
    titles = [text for text in payloads.ALL if len(text) <= 60]
    paths = [staff.submit("/rooms/new/", title=title).headers["Location"] for title in titles]
    watcher = person(server).sign_in("other")
    watcher.go("/")
    headings = watcher.page.locator("main h2 bdi").all_text_contents()
    assert set(titles) <= set(headings)
    _untouched(watcher)
    for title, path in list(zip(titles, paths, strict=True))[::8]:
        watcher.go(path)
        assert watcher.page.locator("h1 bdi").text_content() == title
        assert title in watcher.page.title()
        _untouched(watcher)
