"""Reacting to a message and pinning it, from its menu, and what others see of it."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.people import Person
from .support.servers import Server


def test_a_message_is_reacted_to_and_pinned_by_keyboard_and_others_see_it_at_once(
    person: Callable[..., Person], server: Server
) -> None:
    staff = person(server, viewport={"width": 360, "height": 720}).sign_in("staff").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    staff.say("Tea at four").sees("Tea at four")
    other.sees("Tea at four")
    line = staff.log.locator("li.pl-message").last
    line.get_by_role("button", name="More").focus()
    staff.page.keyboard.press("Enter")
    line.get_by_role("button", name="Thumbs up").focus()
    staff.page.keyboard.press("Enter")
    theirs = other.log.locator("li.pl-message").last.locator(".pl-reactions")
    expect(theirs).to_have_text("👍1")
    theirs.get_by_role("button", name="Thumbs up").focus()
    other.page.keyboard.press("Enter")
    expect(theirs).to_have_text("👍2")
    expect(line.locator(".pl-reactions")).to_have_text("👍2")
    assert other.page.evaluate("document.activeElement.ariaLabel") == "Thumbs up", "the focus stays for the next press"
    other.page.keyboard.press("Enter")
    expect(line.locator(".pl-reactions")).to_have_text("👍1")

    line.get_by_role("button", name="More").click()
    expect(line.locator(".pl-reacted bdi")).to_have_text("staff")
    line.get_by_role("button", name="Pin", exact=True).click()
    other.page.get_by_role("button", name="1 pinned message").click()
    other.page.get_by_role("list", name="Pinned").get_by_role("link").click()
    other.page.wait_for_url(f"**?at={(line.get_attribute('id') or '').rpartition('-')[2]}#*")
    other.wait_live().sees("Tea at four")
