"""Whatever is sent gets a clear answer; nothing is lost, nothing breaks."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]
NewClient = Callable[[Server], HttpClient]


def test_too_much_text_comes_back_with_a_reason(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    paste = ("All work and no play. " * 5000)[:100_000]
    member.type(paste).send()
    refusal = member.page.locator(f"#{member.key}-err form")
    expect(refusal).to_be_visible()
    assert "4,000" in refusal.inner_text()
    assert refusal.locator("textarea").input_value() == paste
    refusal.locator("textarea").fill("All work, in short.")
    refusal.get_by_role("button", name="Send again").click()
    member.sees("All work, in short.")
    expect(refusal).to_have_count(0)
    member.type(paste).send()
    refusal.get_by_role("button", name="Discard").click()
    expect(refusal).to_have_count(0)
    assert not member.unconfirmed


def test_too_fast_is_refused_in_words_and_nothing_is_lost(
    new_deployment: Callable[..., Deployment], http_client: NewClient
) -> None:
    deployment = new_deployment(ROOMS_POST_RATE="1/5")
    room = RoomSocket(http_client(deployment.start_server()).sign_in("member"), "lobby").hello()
    said = [f"quick {number}" for number in range(12)]
    for text in said:
        room.send(kind="say", text=text, page="", acked="0")
    room.read(until=lambda room: all(text in "".join(room.frames) for text in said))
    stored = [text for (text,) in deployment.rows("SELECT text FROM rooms_message") if text in said]
    refused = [node.text for node in room.page.find("textarea")]
    assert stored
    assert refused
    assert sorted(stored + [text for text in refused if text in said]) == sorted(said)


def test_a_double_submit_is_one_message(
    person: Invite, server: Server, deployment: Deployment, http_client: NewClient
) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    member.type("clicked twice")
    member.page.get_by_role("button", name="Send", exact=True).dblclick()
    member.sees("clicked twice")
    eventually(lambda: not member.unconfirmed, 5)
    page = RoomSocket(http_client(server).sign_in("other"), "lobby")
    form = next(form for form in page.page.find("form") if form.attrs.get("action", "").endswith("/messages/"))
    fields = {**page.fields("sent"), "text": "posted twice"}
    for _ in range(2):
        assert page.client.post(form.attrs["action"], fields).status == 302
    counts = "SELECT text, count(*) FROM rooms_message WHERE text LIKE %s GROUP BY text"
    assert sorted(deployment.rows(counts, "% twice")) == [("clicked twice", 1), ("posted twice", 1)]


def test_back_after_sending_loses_and_repeats_nothing(person: Invite, server: Server, deployment: Deployment) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    for text in ("said before Back", "said after Back"):
        plain.type(text)
        with plain.page.expect_navigation():
            plain.page.get_by_role("button", name="Send", exact=True).click()
        plain.sees(text)
        plain.page.go_back()
    stored = deployment.rows("SELECT text FROM rooms_message WHERE text LIKE %s ORDER BY seq", "said % Back")
    assert stored == [("said before Back",), ("said after Back",)]
    member = person(server).sign_in("other").open_room("lobby")
    member.say("before walking off").sees("before walking off")
    member.go("/")
    member.page.go_back()
    member.wait_live()
    assert member.messages.count("before walking off") == 1


def test_an_expired_token_keeps_the_text(person: Invite, server: Server) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    plain.type("written before the token went")
    plain.context.clear_cookies(name="csrftoken")
    with plain.page.expect_navigation() as answer:
        plain.page.get_by_role("button", name="Send", exact=True).click()
    assert answer.value.status == 403
    assert "written before the token went" in plain.page.locator("main").inner_html()
