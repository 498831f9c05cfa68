"""Writing: by keyboard, in several lines, with a draft that stays."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.people import Person
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]


def test_enter_sends_and_the_next_text_can_be_typed_at_once(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    member.box.focus()
    said = [f"by keyboard {number}" for number in range(5)]
    for text in said:
        member.page.keyboard.type(text)
        member.page.keyboard.press("Enter")
        expect(member.box).to_have_value("")
        expect(member.box).to_be_focused()
    member.sees_in_order(said)
    eventually(lambda: not member.unconfirmed, 5, "every confirmation")


def test_several_lines_keep_what_was_typed(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.type("first line <&>\"'")
    member.page.get_by_role("button", name="Several lines").click()
    expect(member.box).to_have_value("first line <&>\"'")
    expect(member.box).to_be_focused()
    member.page.keyboard.press("End")
    member.page.keyboard.type("\nsecond line")
    member.send()
    other.sees("first line <&>\"'\nsecond line")
    eventually(lambda: not member.unconfirmed, 5, "the confirmation")


def test_a_draft_survives_news_and_beats(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.box.focus()
    for number in range(10):
        member.page.keyboard.type(f"{number}")
        other.say(f"in between {number}")
        member.sees(f"in between {number}")
    expect(member.box).to_have_value("0123456789")
    expect(member.box).to_be_focused()


def test_an_empty_box_says_nothing(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    before = member.messages
    member.page.get_by_role("button", name="Send", exact=True).click()
    expect(member.page.locator("section.talk").get_by_text("nothing in it")).to_be_visible()
    eventually(lambda: not member.unconfirmed, 5, "no grey box stays")
    assert member.messages == before
    member.say("something after all").sees("something after all")


def test_a_duplicated_tab_loses_nothing_to_its_twin(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member")
    answer = member.page.request.get(f"{member.url}/rooms/lobby/")
    page, policy = answer.text(), answer.headers["content-security-policy"]
    headers = {"content-type": "text/html", "content-security-policy": policy}
    member.context.route("**/rooms/lobby/", lambda route: route.fulfill(body=page, headers=headers))
    member.open_room("lobby")
    twin = member.tab().open_room("lobby")
    said = ["from one tab", "from its twin", "and again", "and back"]
    for tab, text in zip((member, twin, twin, member), said, strict=True):
        tab.say(text).sees(text)
    member.sees_in_order(said)
    twin.sees_in_order(said)
    eventually(lambda: not member.unconfirmed and not twin.unconfirmed, 5, "every confirmation")
