"""How a page looks: whether it fits, and whether it serves everybody."""

import os
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe

from .deployments import Deployment
from .host_site import StaffWidget
from .http_client import HttpClient
from .people import Person
from .room_socket import RoomSocket
from .servers import Server
from .shop import order
from .waiting import eventually

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "test-results" / "looks"
WIDTHS = (320, 360, 768, 1280)
ENLARGED = """(async () => {
  document.adoptedStyleSheets = [await new CSSStyleSheet().replace("html { font-size: 200% }")];
})()"""
SQUASHED = """[...document.querySelectorAll(".pl-avatar")].filter((each) => each.checkVisibility())
  .map((each) => each.getBoundingClientRect()).filter((box) => Math.abs(box.width - box.height) > 0.5).length"""
AXE = Axe().axe_script
SCHEMES: dict[Literal["light", "dark"], str] = {"light": "", "dark": "runOnly: ['color-contrast'],"}
# what axe finds, in few words: its whole answer takes longer to bring here than to find
FINDINGS = """axe.run("PART", {RULES resultTypes: ["violations"], preload: false}).then((found) => found.violations
  .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" ")}`))"""


def fill_with_content(server: Server) -> None:
    """Something to look at: a conversation in the lobby, orders, and alerts about them; a widget with a key."""
    StaffWidget(server, title="Ask us", kind="desk", access="anyone", sites="https://*.mall.example:8443").key()
    member, other = HttpClient(server.url).sign_in("member"), HttpClient(server.url).sign_in("other")
    first, second = RoomSocket(member, "lobby").hello(), RoomSocket(other, "lobby").hello()
    first.say("Good evening, everybody.")
    first.waits_for("Good evening, everybody.")
    first.say("There is **tea**, and https://example.org/a-rather-long-address/that-does-not-end/for-a-long-while")
    second.say("Lovely.\n\n- milk\n- honey\n\n> and quiet\n\n`kettle --on`")
    first.read(until=lambda room: len(room.texts) == 3)
    for item in ("A kettle", "A-word-that-is-rather-long-and-does-not-end-where-a-narrow-window-would-like-it-to"):
        order(member, item, note="With a handle that does not get hot, and a spout that does not drip.")
    for room in (first, second):
        room.socket.close()


BROKEN = """
from types import SimpleNamespace
from django.template.loader import render_to_string
rejected = {"why": SimpleNamespace(status=413), "megabytes": 200, "back": "/"}
sent = {"address": "/rooms/lobby/", "sent": [("text", "Text", "What I wrote")]}
print(render_to_string("500.html", sent), render_to_string("body_rejected.html", rejected), sep="\\f")
"""


def broken_pages(deployment: Deployment) -> dict[str, str]:
    """The pages for what goes wrong in the server, which no visitor can bring about."""
    pages = deployment.manage("shell", "-v0", "-c", BROKEN).split("\f")
    return dict(zip(("broken", "rejected"), pages, strict=True))


def fits(somebody: Person, name: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """Nothing is wider than its window, and no picture of a person is squashed.

    With PHOTOGRAPHS in the environment what can be seen is kept, for people.
    """
    for width in widths:
        somebody.page.set_viewport_size({"width": width, "height": 800})
        wide = somebody.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"
        assert not somebody.page.evaluate(SQUASHED), f"{name} shows squashed pictures at {width}"
        for scheme in SCHEMES if "PHOTOGRAPHS" in os.environ else ():
            PHOTOGRAPHS.mkdir(parents=True, exist_ok=True)
            somebody.page.emulate_media(color_scheme=scheme)
            photograph = PHOTOGRAPHS / f"{name}{width}-{scheme}.png"
            somebody.page.screenshot(path=photograph, caret="initial")  # hiding it leaves inline styles


def enlarge(somebody: Person) -> None:
    """Let letters be twice as large, as the settings of a browser do."""
    somebody.page.evaluate(ENLARGED)


def is_accessible(somebody: Person, part: str = "html") -> None:
    """No finding of axe in this part of the page, by day or night."""
    somebody.page.evaluate(AXE)
    for scheme, rules in SCHEMES.items():
        somebody.page.emulate_media(color_scheme=scheme)

        def look(scheme: str = scheme, rules: str = rules) -> bool:
            found = somebody.page.evaluate(FINDINGS.replace("PART", part).replace("RULES", rules))
            assert not found, f"{scheme}: {found}"
            return True

        eventually(look, 2, somebody.page.url)  # colours take a moment to change
