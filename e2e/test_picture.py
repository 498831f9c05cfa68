"""The pictures that the README shows: a room with three people, by day, in the dark and on a phone. `make picture`."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .support.people import Person
from .support.servers import Server

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / ("docs" if "PICTURE" in os.environ else "test-results")
TALK = [
    ("Mira", "Good evening. Is anybody still up?"),
    ("staff", "Just here, with **tea**. The deploy went out while we talked, did you notice?"),
    ("Mira", "Not at all. My text was grey for a blink."),
    ("member", "That is the idea. It is `server restart` number three today:\n\n- nothing lost\n- nothing twice"),
    ("staff", "More about how it works: https://htmx.org"),
    ("Mira", "Then I will stay a while."),
]
IDEA, MORE = 3, 4  # messages of the talk


def press(somebody: Person, message: int, button: str) -> None:
    """Do something with a message, from its menu."""
    line = somebody.log.locator("li.pl-message").nth(message)
    line.get_by_role("button", name="More").press("Enter")
    line.locator("[id$=-menu]").get_by_role("button", name=button).press("Enter")


@pytest.mark.faults
def test_a_room_sits_for_its_picture(person: Callable[..., Person], server: Server) -> None:
    looks = {"viewport": {"width": 1280, "height": 760}, "device_scale_factor": 1.5}
    people = {name: person(server).sign_in(name).open_room("lobby") for name in ("staff", "member")}
    people["Mira"] = person(server, **looks).be_guest("Mira").open_room("lobby")
    for name, text in TALK[:-1]:
        if "\n" in text:
            people[name].page.get_by_role("button", name="Several lines").click()
        people[name].say(text)
    mira = people["Mira"].sees(TALK[MORE][1])
    press(mira, IDEA, "Reply")
    expect(mira.box).to_be_focused()
    mira.page.keyboard.type(TALK[-1][1])
    mira.page.keyboard.press("Enter")
    mira.sees(TALK[-1][1]).sees_people("Mira", "member", "staff")
    press(people["staff"], IDEA, "Thumbs up")
    press(mira, IDEA, "Thumbs up")
    press(people["member"], MORE, "Heart")
    press(people["staff"], MORE, "Pin")
    expect(mira.page.get_by_role("button", name="1 pinned message")).to_be_visible()
    expect(mira.log.locator(".pl-reactions")).to_have_text(["👍2", "❤️1"])
    mira.page.reload()  # without the lines about who came
    mira.wait_live()
    PICTURES.mkdir(exist_ok=True)
    mira.page.screenshot(path=PICTURES / "room.png", caret="initial")
    mira.page.emulate_media(color_scheme="dark")
    mira.page.screenshot(path=PICTURES / "room-dark.png", caret="initial")
    mira.page.emulate_media(color_scheme="light")
    mira.page.set_viewport_size({"width": 360, "height": 640})
    mira.page.screenshot(path=PICTURES / "room-phone.png", caret="initial")
