"""Moderation: who asks to be let in, on a phone; who is muted, by keyboard, and is heard again."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.appearance import fits, is_accessible
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS

Invite = Callable[..., Person]
SETTINGS = {**FAST_CLOCKS, "PARLOUR_TICK": "0.5"}


def test_somebody_asks_to_join_on_a_phone_and_is_let_in_and_another_comes_by_a_link(
    person: Invite, server: Server
) -> None:
    other = person(server, viewport={"width": 360, "height": 740}).sign_in("other").go("/rooms/team/")
    other.page.get_by_label("Ask to be let in").fill("I am new here")
    other.page.get_by_role("button", name="Ask").click()
    expect(other.page.locator(".notices")).to_contain_text("were asked")
    staff = person(server, viewport={"width": 360, "height": 740}).sign_in("staff").go("/alerts/")
    staff.page.get_by_role("link", name="other asks to join Team").click()
    expect(staff.page.get_by_label("Who asks to join")).to_contain_text("I am new here")
    staff.page.get_by_role("button", name="Let in other").click()
    expect(staff.page.get_by_label("Members", exact=True)).to_contain_text("other")
    other.open_room("team")
    staff.page.get_by_role("link", name="Invite by a link").click()
    staff.page.get_by_role("button", name="Make a link").click()
    code = staff.page.get_by_alt_text("The link as a QR code")
    expect(code).to_have_js_property("complete", True)
    assert code.evaluate("each => each.naturalWidth") > 100
    fits(staff, "staff-invitations")
    is_accessible(staff)
    link = staff.page.locator(".invitation-link a").get_attribute("href") or ""
    newcomer = person(server).go(link.removeprefix(server.url))
    newcomer.page.get_by_role("link", name="Sign in").last.click()
    newcomer.sign_in_by_form("other")
    newcomer.page.get_by_role("button", name="Join").click()
    expect(newcomer.page.get_by_role("heading", name="Team")).to_be_visible()


def test_by_keyboard_a_guest_is_muted_loses_nothing_that_was_typed_and_is_heard_again(
    person: Invite, server: Server
) -> None:
    robin = person(server).be_guest("Robin").open_room("lobby")
    staff = person(server).sign_in("staff").open_room("lobby")
    robin.say("LOUD WORDS")
    line = staff.page.locator("li.pl-message", has_text="LOUD WORDS")
    line.locator(".pl-act").focus()
    staff.page.keyboard.press("Enter")
    mute = staff.page.get_by_role("button", name="Mute or ban…")
    expect(mute).to_be_visible()
    while not mute.evaluate("each => each == document.activeElement"):
        staff.page.keyboard.press("Tab")
    staff.page.keyboard.press("Enter")
    expect(staff.page.locator("select[name=restrict]")).to_be_focused()
    staff.page.keyboard.press("ArrowDown")
    staff.page.keyboard.press("Tab")
    staff.page.keyboard.type("Take a breath.")
    staff.page.keyboard.press("Enter")
    expect(staff.page.get_by_text("Robin is muted.")).to_be_focused()
    expect(staff.page.locator("select[name=restrict]")).to_have_count(0)
    expect(robin.page.get_by_text("You can write here again in 1 hour. Take a breath.")).to_be_visible()
    robin.say("I am calm")
    back = robin.page.locator(".pl-refused textarea")
    expect(back).to_have_value("I am calm")
    muted = robin.tab().go("/rooms/lobby/")
    expect(muted.page.locator(".pl-invite")).to_contain_text("You can write here again in 1 hour.")
    staff.go("/rooms/lobby/moderation/")
    expect(staff.page.get_by_label("What was done")).to_contain_text("staff muted Robin")
    staff.page.get_by_role("button", name="Lift Robin").press("Enter")
    expect(muted.page.locator(".pl-invite")).to_have_count(0)
    expect(muted.box).to_be_visible()
    robin.page.get_by_role("button", name="Send again").press("Enter")
    muted.sees("I am calm")
