"""Who gets in by which server, and what those hear who do not."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket, dial, until_closed
from .support.servers import Server
from .support.waiting import eventually

NewClient = Callable[[Server], HttpClient]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, module_deployment: Callable[..., Deployment]) -> Server:
    """The same rules on both servers."""
    return module_deployment().start_server(request.param)


def _refused(server: Server, path: str, **how: Any) -> int:
    """The HTTP status with which a handshake was refused; 101 if it was not."""
    try:
        dial(server.url, path, **how).close()
    except InvalidStatus as refusal:
        return refusal.response.status_code
    return 101


def test_only_our_own_pages_open_sockets(server: Server, http_client: NewClient) -> None:
    cookies = http_client(server).sign_in("member").cookies
    port = server.port
    foreign = [
        None,
        "null",
        "https://evil.example",
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port + 1}",
    ]
    foreign += [
        "http://127.0.0.1",
        f"http://127.0.0.1.evil.example:{port}",
        f"http://localhost:{port}",
        "file://",
        "x",
    ]
    for origin in foreign:
        for path in ("/ws/rooms/lobby/", "/ws/rooms/team/"):
            assert _refused(server, path, cookies=cookies, origin=origin) in (400, 401, 403), origin
    assert _refused(server, "/ws/rooms/lobby/", cookies=cookies) == 101
    assert _refused(server, "/ws/rooms/lobby/", cookies=cookies, host="evil.example") in (400, 401, 403)


def test_a_members_room_sends_the_signed_out_to_sign_in(server: Server, http_client: NewClient) -> None:
    code, fragment = _close_reason(server, http_client(server), "team")
    assert code == 4001
    assert "/accounts/login/" in fragment
    assert "beat" not in fragment.replace("heartbeat", "")


def test_who_signs_in_by_the_form_gets_where_they_were_going(server: Server, person: Callable[..., Person]) -> None:
    staff = person(server).go("/shop/orders/").sign_in_by_form("staff")
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    staff.sign_out()
    assert staff.go("/rooms/team/").page.locator("section.talk").count() == 0


def test_a_members_room_tells_a_stranger_how_to_get_in(server: Server, http_client: NewClient) -> None:
    other = http_client(server).sign_in("other")
    code, fragment = _close_reason(server, other, "team")
    assert code == 4003
    assert "member" in fragment
    assert other.get("/rooms/team/").status == 403
    assert http_client(server).get("/rooms/team/").status in (302, 403)


def test_a_room_that_never_was(server: Server, http_client: NewClient) -> None:
    member = http_client(server).sign_in("member")
    code, fragment = _close_reason(server, member, "no-such-room")
    assert code == 4004
    assert "<a " in fragment
    assert member.get("/rooms/no-such-room/").status == 404


NAMES = [
    "%D0%BA%D0%BE%D0%BC%D0%BD%D0%B0%D1%82%D0%B0",
    "lobby%0A",
    "a" * 200,
    "..%2F..%2Fetc",
    "%00",
    "lobby%20",
    "L%C3%B6",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_room_names_are_nobodys(server: Server, http_client: NewClient, name: str) -> None:
    member = http_client(server).sign_in("member")
    assert member.get(f"/rooms/{name}/").status in (400, 404)
    status = _refused(server, f"/ws/rooms/{name}/", cookies=member.cookies)
    assert status in (400, 403, 404) or _close_reason(server, member, name)[0] == 4004


def test_a_deleted_room_says_so_and_sends_people_on(server: Server, http_client: NewClient) -> None:
    staff = http_client(server).sign_in("staff")
    path = staff.submit("/rooms/new/", title="Short lived").headers["Location"]
    slug = path.strip("/").split("/")[-1]
    inside = RoomSocket(http_client(server).sign_in("member"), slug).hello()
    staff.submit(f"/rooms/{slug}/delete/")
    assert inside.closed(within=5) == 4004
    assert 'href="/"' in inside.frames[-1]


def test_echo_answers_whatever_shape_a_word_has(server: Server, http_client: NewClient) -> None:
    member = http_client(server).sign_in("member")
    socket = dial(server.url, "/ws/echo/", member.cookies)
    for frame in ('{"message": "one <b>"}', '{"text": "one <b>"}', "one <b>"):
        socket.send(frame)
        answer = str(socket.recv(timeout=5))
        assert "one &lt;b&gt;" in answer, frame
        assert "hx-swap-oob" in answer, frame
    socket.close()


def test_a_server_says_when_it_is_ready(server: Server, http_client: NewClient) -> None:
    assert http_client(server).get("/healthz").status == 200
    eventually(lambda: http_client(server).get("/readyz").status == 200, 5)


def _close_reason(server: Server, somebody: HttpClient, slug: str) -> tuple[int, str]:
    """The close code at a room's socket and the one fragment that came before it."""
    heard, code = until_closed(dial(server.url, f"/ws/rooms/{slug}/", somebody.cookies))
    assert len(heard) == 1
    return code, heard[0]
