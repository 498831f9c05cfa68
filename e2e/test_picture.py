"""The pictures that the README shows: a room with three people, by day, in the dark and on a phone. `make picture`."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

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
    ("Mira", "Lovely. I will stay a while."),
]


@pytest.mark.faults
def test_a_room_sits_for_its_picture(person: Callable[..., Person], server: Server) -> None:
    looks = {"viewport": {"width": 1280, "height": 760}, "device_scale_factor": 1.5}
    people = {name: person(server).sign_in(name).open_room("lobby") for name in ("staff", "member")}
    people["Mira"] = person(server, **looks).be_guest("Mira").open_room("lobby")
    for name, text in TALK:
        if "\n" in text:
            people[name].page.get_by_role("button", name="Several lines").click()
        people[name].say(text)
    mira = people["Mira"].sees(TALK[-1][1]).sees_people("Mira", "member", "staff")
    mira.page.reload()  # without the lines about who came
    mira.wait_live()
    PICTURES.mkdir(exist_ok=True)
    mira.page.screenshot(path=PICTURES / "room.png", caret="initial")
    mira.page.emulate_media(color_scheme="dark")
    mira.page.screenshot(path=PICTURES / "room-dark.png", caret="initial")
    mira.page.emulate_media(color_scheme="light")
    mira.page.set_viewport_size({"width": 360, "height": 640})
    mira.page.screenshot(path=PICTURES / "room-phone.png", caret="initial")
