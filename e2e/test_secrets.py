"""Nothing of a members-only room leaks, and no guest borrows a name."""

from collections.abc import Callable

import pytest

from .support.deployments import Deployment
from .support.http_client import Answer, HttpClient
from .support.room_socket import RoomSocket, dial, until_closed
from .support.servers import Server

NewClient = Callable[[Server], HttpClient]
TITLE, ABOUT, SECRET = "Zanzibar plans", "About the boat", "the treasure is under the fig tree"


@pytest.fixture(scope="module")
def hidden(server: Server) -> str:
    """The slug of a members-only room in which staff said a secret."""
    staff = HttpClient(server.url).sign_in("staff")
    made = staff.submit("/rooms/new/", title=TITLE, about=ABOUT, access="members", guests="none")
    slug = made.headers["Location"].strip("/").split("/")[-1]
    room = RoomSocket(staff, slug).hello()
    room.say(SECRET)
    room.waits_for(SECRET)
    return slug


@pytest.mark.parametrize("who", ["", "guest", "other"])
def test_a_members_room_tells_strangers_nothing(server: Server, http_client: NewClient, hidden: str, who: str) -> None:
    stranger = http_client(server)
    if who:
        stranger = stranger.be_guest("Robin") if who == "guest" else stranger.sign_in(who)
    room = f"/rooms/{hidden}/"
    paths = [
        "/",
        room,
        f"{room}panel/",
        f"{room}older/?upto=9",
        f"{room}settings/",
        f"{room}members/",
        f"{room}delete/",
    ]
    answers = [stranger.get(path) for path in [*paths, f"{room}?upto=9", "/rooms/lobby/", "/accounts/profile/"]]
    answers += [
        stranger.post(f"{room}{path}", {"text": "x", "page": "", "acked": "0"}) for path in ("messages/", "lines/")
    ]
    answers += [
        stranger.post(f"{room}{path}", {"remove": "1", "title": "mine"})
        for path in ("members/", "settings/", "delete/")
    ]
    heard, code = until_closed(dial(server.url, f"/ws/rooms/{hidden}/", stranger.cookies))
    assert code == (4003 if who == "other" else 4001)
    for answer in answers:
        _tells_nothing(answer.url, answer.text + str(answer.headers))
        assert answer.status < 500, answer.url
    _tells_nothing("the socket", "".join(heard))
    assert _refusals(answers[1:7]), [f"{answer.status} {answer.url}" for answer in answers[1:7]]


def test_a_room_that_is_not_yours_and_one_that_is_not_look_alike_to_listings(
    server: Server, http_client: NewClient, deployment: Deployment, hidden: str
) -> None:
    other = http_client(server).sign_in("other")
    assert other.post(f"/rooms/{hidden}/messages/", {"text": "let me in", "page": "", "acked": "0"}).status == 403
    assert deployment.rows("SELECT count(*) FROM rooms_message WHERE text = 'let me in'") == [(0,)]
    assert deployment.rows("SELECT title FROM rooms_room WHERE slug = %s", hidden) == [(TITLE,)]


BORROWED = [
    "member",
    "Member",
    "M E M B E R",
    "mеmber",
    "ｍｅｍｂｅｒ",
    "mem\u200bber",
    "other\u202e",
    "admin",
    "Staff",
    "MODERATOR",
]
BORROWED += ["system", "аdmin", " staff ", "\u200b", "\u202e\u202c", "   ", "x" * 200]


@pytest.mark.parametrize("name", BORROWED, ids=ascii)
def test_no_guest_borrows_a_name(server: Server, http_client: NewClient, name: str) -> None:
    guest = http_client(server)
    guest.get("/accounts/guest/")
    answer = guest.post("/accounts/guest/", {"display_name": name})
    assert answer.status in (200, 422)
    assert answer.page.find(class_="error") or answer.page.find(class_="form-errors")
    assert not guest.cookie("sessionid")


def _tells_nothing(place: str, text: str) -> None:
    for told in (TITLE, ABOUT, SECRET, "Zanzibar p"):
        assert told not in text, f"{place} tells {told!r}"


def _refusals(answers: list[Answer]) -> bool:
    return all(answer.status in (302, 403, 404) for answer in answers)
