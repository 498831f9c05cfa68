"""What was said is found again."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from .support.appearance import fits, is_accessible
from .support.people import Person
from .support.servers import Server

Invite = Callable[..., Person]


def test_on_a_phone_and_by_keyboard_a_message_is_found_as_one_types(person: Invite, server: Server) -> None:
    member = person(server, viewport={"width": 360, "height": 640}).sign_in("member").open_room("lobby")
    for text in ("first the sleep", "then a Frühstück with eggs", "then out"):
        member.say(text).sees(text)
    member.page.get_by_role("button", name="Settings of this room").press("Enter")
    member.page.get_by_role("link", name="Search", exact=True).press("Enter")
    words = member.page.get_by_role("searchbox", name="Words")
    expect(words).to_be_focused()
    words.press_sequentially("egg fruh")
    expect(member.page.get_by_text("Nothing that you may read")).to_be_visible()
    words.press("ControlOrMeta+a")
    words.press_sequentially("eggs fruh")
    hit = member.page.get_by_role("link", name="Frühstück")
    expect(hit.locator("mark")).to_have_text(["Früh", "eggs"])
    expect(member.page.get_by_role("status").filter(has_text="1 message")).to_be_attached()
    expect(member.page.locator("#results")).to_contain_text("first the sleep")
    expect(member.page).to_have_url(re.compile(r"/search/\?q=eggs\+fruh&room=lobby$"))
    fits(member, "search")
    is_accessible(member)
    hit.press("Enter")
    expect(member.log.locator("li:target")).to_contain_text("Frühstück")
    member.page.go_back()
    expect(words).to_have_value("eggs fruh")
    expect(hit).to_be_visible()
    assert not member.errors
