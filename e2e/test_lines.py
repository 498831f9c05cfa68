"""What people do with messages: they answer, edit and delete them, by keyboard and on a phone."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from .support.people import Person
from .support.servers import Server
from .support.tabs import Tab

Invite = Callable[..., Person]


def line(tab: Tab, text: str) -> Locator:
    return tab.log.locator("li.pl-message", has=tab.page.locator(".pl-text").get_by_text(text, exact=True))


def test_by_keyboard_one_answers_and_edits_and_the_focus_is_never_lost(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    member.say("Is this seat taken?")
    other.sees("Is this seat taken?")
    keys, focused = other.page.keyboard, other.page.locator(":focus")
    more = line(other, "Is this seat taken?").get_by_role("button", name="More")
    more.focus()
    keys.press("Enter")
    expect(other.page.get_by_role("link", name="Link to this message")).to_be_visible()
    keys.press("Escape")
    expect(more).to_be_focused()
    other.type("Not at")
    more.focus()
    keys.press("Enter")
    other.page.get_by_role("button", name="Reply", exact=True).press("Enter")
    expect(other.talk.locator(".pl-answering")).to_contain_text("member Is this seat taken?")
    expect(other.box).to_be_focused()
    keys.press("End")
    keys.type(" all.")
    keys.press("Enter")
    member.sees("Not at all.")
    expect(line(member, "Not at all.").locator(".pl-quote")).to_contain_text("member Is this seat taken?")
    expect(other.talk.locator(".pl-answering")).to_have_count(0)
    more.focus()
    keys.press("Enter")
    other.page.get_by_role("button", name="Reply", exact=True).press("Enter")
    expect(other.box).to_be_focused()
    keys.type("Sit do")
    other.page.get_by_role("button", name="Do not reply to it").press("Enter")
    expect(other.talk.locator(".pl-answering")).to_have_count(0)
    expect(other.box).to_be_focused()
    keys.press("End")
    keys.type("wn.")
    keys.press("Enter")
    member.sees("Sit down.")
    expect(line(member, "Sit down.").locator(".pl-quote")).to_have_count(0)
    line(member, "Sit down.").get_by_role("button", name="More").focus()
    line(other, "Sit down.").get_by_role("button", name="More").focus()
    keys.press("Enter")
    other.page.get_by_role("button", name="Edit", exact=True).press("Enter")
    expect(other.page.get_by_label("Edit your message")).to_be_focused()
    keys.press("Control+a")
    keys.type("Do sit down.")
    keys.press("Tab")
    keys.press("Enter")
    member.sees("Do sit down.")
    expect(line(member, "Do sit down.").locator(".pl-edited")).to_contain_text("edited")
    expect(line(member, "Do sit down.").get_by_role("button", name="More")).to_be_focused()
    expect(other.page.get_by_label("Edit your message")).to_have_count(0)
    expect(focused).to_have_count(1)
    line(member, "Not at all.").locator(".pl-quote").click()
    expect(line(member, "Is this seat taken?")).to_be_in_viewport()
    member.equals_a_fresh_page()


def test_on_a_phone_one_deletes_what_one_wrote_once_it_is_confirmed(person: Invite, server: Server) -> None:
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    other = person(server, **phone).sign_in("other").open_room("lobby")
    member = person(server).sign_in("member").open_room("lobby")
    other.say("a word too much")
    member.sees("a word too much")
    line(other, "a word too much").get_by_role("button", name="More").tap()
    menu = other.page.locator("[popover]:popover-open")
    expect(menu.get_by_role("button", name="Delete for good")).to_be_hidden()
    menu.get_by_text("Delete…").tap()
    expect(menu.get_by_text("gone for good, for everybody")).to_be_visible()
    menu.get_by_role("button", name="Delete for good").tap()
    expect(menu).to_have_count(0)
    for somebody in (member, other):
        somebody.sees("This message was deleted.")
        assert "a word too much" not in somebody.log.inner_html()
    expect(other.talk.get_by_role("status").filter(has_text="Deleted.")).to_be_visible()
    member.equals_a_fresh_page()
    plain = person(server, java_script_enabled=False).sign_in("other").open_room("lobby", live=False)
    plain.log.get_by_role("link").last.click()
    expect(plain.page.get_by_role("link", name="Link to this message")).to_be_visible()
