"""One page in a browser: the verbs of which the stories are told."""

from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from .waiting import eventually

SPEED_UP = 4  # times as fast as usual; a deployment then beats that much faster too: `new_deployment(**FAST_CLOCKS)`
FAST_CLOCKS = {"PARLOUR_BEAT": "0.75"}

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (it) => console.error(`policy violation: ${it.violatedDirective} ${it.blockedURI} ${it.sourceFile}`));
"""


class Tab:
    """One page of one person, with everything it asked for and complained about."""

    def __init__(self, page: Page, url: str, talk: str = "section.pl-talk") -> None:
        """`talk` selects one of several rooms on a page."""
        self.page, self.url, self.talk = page, url, page.locator(talk)
        self.violations: list[str] = []
        self.crashes: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        self.agrees = False  # what is answered to a question
        self.requests: list[str] = []
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.crashes.append(str(error)))
        page.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        page.on("dialog", self._answer)

    def go(self, path: str) -> Self:
        self.page.goto(self.url + path)
        return self

    def answer_with(self, path: str, page: str) -> Self:
        """Have this path answer with a page that the server would not send."""
        self.page.route(self.url + path, lambda route: route.fulfill(content_type="text/html", body=page))
        return self

    def speed_up(self, times: float = SPEED_UP) -> Self:
        """Let the page's clocks (heartbeat, banner, watchdog, toasts) run so many times as fast from now on."""
        line = self.page.context.new_cdp_session(self.page)
        line.send("Animation.enable")
        line.send("Animation.setPlaybackRate", {"playbackRate": times})
        return self

    def open_room(self, slug: str, live: bool = True) -> Self:
        """Load a room; with `live`, wait until its socket has answered."""
        self.go(f"/rooms/{slug}/")
        return self.wait_live() if live else self

    @property
    def key(self) -> str:
        """The region's key, such as room-5."""
        return self.talk.get_attribute("id") or ""

    def wait_live(self, within: float = 15.0) -> Self:
        """Until the page's hello was answered: then the banner will not come and what others say will."""
        expect(self.page.locator(f"#{self.key}-met")).to_have_value("1", timeout=within * 1000)
        return self

    @property
    def box(self) -> Locator:
        """The box in which one writes: the newest; those under it hold what is on its way."""
        return self.talk.get_by_role("textbox", name="Message", exact=True).first

    @property
    def unconfirmed(self) -> list[str]:
        """Sent texts that still wait for their confirmation, oldest first."""
        boxes = self.page.locator(f"#{self.key}-box [name=text]")
        return list(reversed(boxes.evaluate_all("boxes => boxes.slice(1).map(box => box.value)")))

    def type(self, text: str) -> Self:
        """Write into the box without sending."""
        self.box.fill(text)
        return self

    def send(self) -> Self:
        """Press Send and wait for the fresh box."""
        boxes = self.page.locator(f"#{self.key}-box [name=text]")
        before = boxes.count()
        self.talk.get_by_role("button", name="Send", exact=True).click()
        eventually(lambda: boxes.count() != before or not boxes.first.input_value(), 15, "a fresh box")
        return self

    def say(self, text: str) -> Self:
        return self.type(text).send()

    @property
    def log(self) -> Locator:
        return self.talk.get_by_role("list", name="Messages")

    @property
    def messages(self) -> list[str]:
        """The texts of the list, top to bottom."""
        return self.log.locator("li.pl-message .pl-text").all_inner_texts()

    @property
    def notes(self) -> list[str]:
        """The join and leave lines, top to bottom."""
        return self.log.locator("li.pl-note").all_inner_texts()

    @property
    def people(self) -> list[str]:
        """Names in the list of people here."""
        return self.page.locator("ul[aria-label='People here'] li bdi").all_text_contents()

    def sees(self, text: str, within: float = 15.0) -> Self:
        """Until a message with exactly this text is shown."""
        eventually(lambda: text in self.messages, within, f"the message {text!r}")
        return self

    def sees_in_order(self, texts: list[str], within: float = 15.0) -> Self:
        """Until exactly these, in this order and each once, are what the list shows of them."""

        def look() -> bool:
            shown = [text for text in self.messages if text in texts]
            assert shown == texts, f"shown {shown}, wanted {texts}"
            return True

        eventually(look, within, "these messages in order")
        return self

    def sees_people(self, *names: str, within: float = 15.0) -> Self:
        """Until the people here are exactly these, each once."""

        def look() -> bool:
            assert sorted(self.people) == sorted(names), f"here: {self.people}"
            return True

        eventually(look, within, f"people here {names}")
        return self

    def equals_a_fresh_page(self, within: float = 15.0) -> Self:
        """Until this page ends in all that the same person gets who loads the room anew."""
        fresh = Tab(self.page.context.new_page(), self.url).go(self.page.url.removeprefix(self.url))
        wanted = fresh.messages
        assert wanted
        fresh.page.close()

        def look() -> bool:
            shown = self.messages[-len(wanted) :]
            assert shown == wanted, f"shown {shown}, a fresh page has {wanted}"
            return True

        eventually(look, within, "what a fresh page shows")
        return self

    @property
    def banner(self) -> Locator:
        return self.page.locator(f"#{self.key} p.pl-banner")

    def _hear(self, message: Any) -> None:
        if "policy violation" in message.text or "Content Security Policy" in message.text:
            self.violations.append(message.text)
        elif message.type == "error":
            self.errors.append(message.text)

    def _answer(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        if self.agrees:
            dialog.accept()
        else:
            dialog.dismiss()
