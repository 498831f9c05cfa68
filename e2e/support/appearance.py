"""How a page looks: whether it fits, and whether it serves everybody."""

import os
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe

from .http_client import HttpClient
from .people import Person
from .room_socket import RoomSocket
from .servers import Server
from .shop import order
from .waiting import eventually

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "test-results" / "looks"
WIDTHS = (320, 360, 768, 1280)
PHOTOGRAPHED = (360, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SERIOUS = {"serious", "critical"}


def fill_with_content(server: Server) -> None:
    """Something to look at: a conversation in the lobby, orders, and alerts about them."""
    member, other = HttpClient(server.url).sign_in("member"), HttpClient(server.url).sign_in("other")
    first, second = RoomSocket(member, "lobby").hello(), RoomSocket(other, "lobby").hello()
    first.say("Good evening, everybody.")
    first.waits_for("Good evening, everybody.")
    first.say("There is **tea**, and https://example.org/a-rather-long-address/that-does-not-end/for-a-long-while")
    second.say("Lovely.\n\n- milk\n- honey\n\n> and quiet\n\n`kettle --on`")
    first.read(within=1)
    first.socket.close()
    second.socket.close()
    for item in ("A kettle", "A-word-that-is-rather-long-and-does-not-end-where-a-narrow-window-would-like-it-to"):
        order(member, item, note="With a handle that does not get hot, and a spout that does not drip.")


def fits(somebody: Person, name: str) -> None:
    """Nothing is wider than its window. With PHOTOGRAPHS in the environment what can be seen is kept, for people."""
    PHOTOGRAPHS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        somebody.page.set_viewport_size({"width": width, "height": 800})
        wide = somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"
        for scheme in SCHEMES if width in PHOTOGRAPHED and "PHOTOGRAPHS" in os.environ else ():
            somebody.page.emulate_media(color_scheme=scheme)
            photograph = PHOTOGRAPHS / f"{name}{width}-{scheme}.png"
            somebody.page.screenshot(path=photograph, caret="initial")  # hiding it leaves inline styles


def is_accessible(somebody: Person, part: str = "html") -> None:
    """No serious finding of axe in this part of the page, by day or night."""
    for scheme in SCHEMES:
        somebody.page.emulate_media(color_scheme=scheme)
        eventually(lambda scheme=scheme: _has_no_findings(somebody, part, scheme), 2)  # colours take a moment to change


def _has_no_findings(somebody: Person, part: str, scheme: str) -> bool:
    options = {"resultTypes": ["violations"]} | ({"runOnly": ["color-contrast"]} if scheme == "dark" else {})
    found = Axe().run(somebody.page, part, options).response["violations"]
    serious = [each for each in found if each["impact"] in SERIOUS]
    words = [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in serious]
    assert not words, f"{scheme}: {words}"
    return True
