"""Writing: by keyboard, in several lines, with a draft that stays; each text once, in its own room."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import bell, toasts
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS, Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
SETTINGS = FAST_CLOCKS


def test_enter_sends_and_a_draft_survives_news_and_beats(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.box.focus()
    said = [f"by keyboard {number}" for number in range(3)]
    for text in said:
        member.page.keyboard.type(text)
        member.page.keyboard.press("Enter")
        expect(member.box).to_have_value("")
        expect(member.box).to_be_focused()
    member.sees_in_order(said)
    eventually(lambda: not member.unconfirmed, 15, "every confirmation")
    for number in range(4):
        member.page.keyboard.type(f"{number}")
        other.say(f"in between {number}")
        member.sees(f"in between {number}")
    expect(member.box).to_have_value("0123")
    expect(member.box).to_be_focused()
    member.send().sees("0123")


def test_what_was_not_sent_is_there_again_on_any_device_and_what_was_sent_is_not(
    person: Invite, server: Server
) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    telephone, other = person(server).sign_in("member"), person(server).sign_in("other").open_room("lobby")
    member.box.focus()
    member.page.keyboard.type("half a <thought>")

    def is_kept() -> bool:
        telephone.open_room("lobby")
        return telephone.box.input_value() == "half a <thought>"

    eventually(is_kept, 10, "the draft on another device")
    member.go("/shop/").page.go_back()
    expect(member.wait_live().box).to_have_value("half a <thought>")
    assert not other.open_room("lobby").box.input_value()
    member.box.focus()
    member.page.keyboard.press("End")
    member.page.keyboard.type(", now whole")
    member.page.keyboard.press("Enter")
    other.sees("half a <thought>, now whole")
    expect(member.box).to_have_value("")
    for tab in (member, telephone):
        tab.open_room("lobby")
        expect(tab.box).to_have_value("")


def test_one_writes_to_somebody_on_a_phone_and_completes_a_mention_by_pointer_and_by_key(
    person: Invite, server: Server
) -> None:
    other = person(server).sign_in("other").open_room("lobby").say("over here")
    member = person(server, has_touch=True, viewport={"width": 360, "height": 640}).sign_in("member").open_room("lobby")
    member.log.get_by_role("listitem").filter(has_text="over here").last.get_by_role("button", name="More").click()
    member.page.get_by_role("link", name="About other").click()
    member.page.get_by_role("button", name="Write to other").click()
    expect(member.page.get_by_role("heading", level=1, name="other", exact=True)).to_be_visible()
    assert member.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    member.wait_live().say("psst")
    bell(other)
    expect(toasts(other)).to_contain_text("member wrote to you")
    other.go(member.page.url.removeprefix(member.url)).wait_live().sees("psst")
    expect(other.page.get_by_role("heading", level=1, name="member", exact=True)).to_be_visible()
    assert person(server).sign_in("staff").page.goto(member.page.url).status == 404
    for several, touches in ((False, True), (True, False)):
        if several:
            member.page.get_by_role("button", name="Several lines").click()
            expect(member.page.get_by_role("button", name="One line")).to_be_visible()
        member.box.focus()
        member.page.keyboard.type("tea, @ot")
        offered = member.page.get_by_role("button", name="@other")
        expect(offered).to_be_visible()
        expect(member.page.get_by_role("status").filter(has_text="1 name to complete")).to_be_attached()
        place = offered.bounding_box()
        assert place
        (member.page.touchscreen.tap if touches else member.page.mouse.click)(place["x"] + 8, place["y"] + 8)
        expect(member.box).to_have_value("tea, @other ")
        expect(member.box).to_be_focused()
        expect(offered).to_have_count(0)
        member.page.keyboard.type("and cake?")
        expect(member.box).to_have_value("tea, @other and cake?")
        member.send()
        other.sees("tea, @other and cake?")
    member.box.focus()
    member.page.keyboard.type("@ot")
    expect(offered).to_be_visible()
    member.page.keyboard.press("Tab")
    expect(offered).to_be_focused()
    member.page.keyboard.press("Enter")
    expect(member.box).to_be_focused()
    member.page.keyboard.press("End")
    member.page.keyboard.type("again")
    member.send()
    other.sees("@other again")


def test_several_lines_keep_what_was_typed_and_nothing_is_not_said(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    before = member.messages
    member.page.get_by_role("button", name="Send", exact=True).click()
    expect(member.page.locator("section.pl-talk").get_by_text("nothing in it")).to_be_visible()
    eventually(lambda: not member.unconfirmed, 15, "no grey box stays")
    member.type("first line <&>\"'")
    member.page.get_by_role("button", name="Several lines").click()
    expect(member.box).to_have_value("first line <&>\"'")
    expect(member.box).to_be_focused()
    member.page.keyboard.press("End")
    member.page.keyboard.type("\nsecond line")
    member.send().sees("first line <&>\"'\nsecond line")
    eventually(lambda: not member.unconfirmed, 15, "the confirmation")
    assert member.messages == [*before, "first line <&>\"'\nsecond line"]


def test_pasted_line_breaks_are_kept_or_it_is_said_that_they_are_not(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    member.context.grant_permissions(["clipboard-read", "clipboard-write"])
    member.page.evaluate("navigator.clipboard.writeText('one\\ntwo')")
    said = member.page.get_by_role("status").filter(has_text="line breaks in what you pasted are spaces")
    member.box.focus()
    member.page.keyboard.press("Control+V")
    expect(member.box).to_have_value("one two")
    expect(said).to_be_visible()
    member.page.keyboard.press("Enter")
    member.sees("one two")
    member.page.keyboard.type("no paste")
    expect(said).to_have_count(0)
    member.page.keyboard.press("Control+A")
    member.page.get_by_role("button", name="Several lines").click()
    expect(member.box).to_be_focused()
    member.page.keyboard.press("Control+A")
    member.page.keyboard.press("Control+V")
    expect(member.box).to_have_value("one\ntwo")
    expect(said).to_be_hidden()
    member.send().sees("one\ntwo")


def test_the_choice_of_several_lines_is_kept_and_is_a_phones_own(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    member.page.get_by_role("button", name="Several lines").click()
    expect(member.page.get_by_role("button", name="One line")).to_be_visible()
    for text in ("one\ntwo", "three\nfour"):
        expect(member.box).to_be_focused()
        member.page.keyboard.type(text)
        member.page.keyboard.press("Tab")
        member.page.keyboard.press("Tab")
        expect(member.page.get_by_role("button", name="Send", exact=True)).to_be_focused()
        member.page.keyboard.press("Enter")
        member.sees(text)
    _walk(member, "Team")
    elsewhere = member.tab().open_room("lobby")
    for tab in (member.wait_live(), elsewhere):
        tab.box.focus()
        tab.page.keyboard.type("five\nsix")
        expect(tab.box).to_have_value("five\nsix")
    member.send()
    elsewhere.page.get_by_role("button", name="One line").click()
    expect(elsewhere.box).to_have_value("five six")
    expect(elsewhere.box).to_be_focused()
    elsewhere.page.keyboard.press("Enter")
    elsewhere.sees("five six")
    phone = person(server, user_agent="Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile", has_touch=True)
    phone.sign_in("other").open_room("lobby").box.focus()
    phone.page.keyboard.type("seven\neight")
    phone.send().sees("seven\neight")
    assert not [error for tab in (member, elsewhere, phone) for error in tab.errors]


def test_too_much_text_comes_back_with_a_reason(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    paste = ("All work and no play. " * 5000)[:100_000]
    member.type(paste).send()
    refusal = member.page.locator(f"#{member.key}-err form")
    expect(refusal).to_contain_text("4,000")
    expect(refusal.locator("textarea")).to_have_value(paste)
    refusal.get_by_role("button", name="Send again").click()
    expect(refusal).to_contain_text("Still not sent.")
    refusal.locator("textarea").fill("All work, in short.")
    refusal.get_by_role("button", name="Send again").click()
    member.sees("All work, in short.")
    expect(refusal).to_have_count(0)
    member.type(paste).send()
    refusal.get_by_role("button", name="Discard").click()
    expect(refusal).to_have_count(0)
    assert not member.unconfirmed


def test_a_double_click_and_a_duplicated_tab_send_each_text_once(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member = person(server).sign_in("member")
    answer = member.page.request.get(f"{member.url}/rooms/lobby/")
    page, policy = answer.text(), answer.headers["content-security-policy"]
    headers = {"content-type": "text/html", "content-security-policy": policy}
    member.context.route("**/rooms/lobby/", lambda route: route.fulfill(body=page, headers=headers))
    member.open_room("lobby")
    twin = member.tab().open_room("lobby")
    said = ["once from one tab", "once from its twin", "once again", "once and back"]
    for tab, text in zip((member, twin, twin, member), said, strict=True):
        tab.type(text).page.get_by_role("button", name="Send", exact=True).dblclick()
        tab.sees(text)
    member.sees_in_order(said)
    twin.sees_in_order(said)
    eventually(lambda: not member.unconfirmed and not twin.unconfirmed, 15, "every confirmation")
    rows = deployment.rows("SELECT text FROM parlour_rooms_message WHERE text LIKE %s ORDER BY seq", "once %")
    assert rows == [(text,) for text in said]


def test_who_walks_between_rooms_finds_talk_pending_text_and_draft_each_in_its_room(
    person: Invite, server: Server, deployment: Deployment, flaky_proxy: Callable[[Server], FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    member = person(wire).sign_in("member").open_room("lobby")
    staff = person(server).sign_in("staff").open_room("team")
    member.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Lobby").hover()
    wire.silence_sockets()
    member.say("for the lobby alone").type("a draft for the lobby")
    _walk(member, "Team")
    assert member.box.input_value() == ""
    staff.say("said in the team")
    wire.mend()
    member.wait_live(within=40).sees("said in the team").say("for the team").sees("for the team")
    staff.sees("for the team")
    assert "for the lobby alone" not in member.messages
    _walk(member, "Lobby")
    member.sees("for the lobby alone", within=40)
    assert member.box.input_value() == "a draft for the lobby"
    eventually(lambda: not member.unconfirmed, 15, "the confirmation")
    _walk(member, "Team")
    member.wait_live().sees("for the team").say("back for the team").sees("back for the team")
    for someone in (member, staff):
        assert "for the lobby alone" not in someone.messages
        someone.equals_a_fresh_page()
    said = (
        "SELECT text, title FROM parlour_rooms_message JOIN parlour_rooms_room r ON r.id = room_id WHERE text LIKE %s"
    )
    stored = dict(deployment.rows(said, "%for the %"))
    assert stored == {"for the lobby alone": "Lobby", "for the team": "Team", "back for the team": "Team"}


def _walk(somebody: Tab, title: str) -> None:
    """Go to another room by its link, as people do: the page is not loaded anew."""
    somebody.page.get_by_role("navigation", name="Rooms").get_by_role("link", name=title).click()
    expect(somebody.page.get_by_role("heading", level=1, name=title)).to_be_visible()
