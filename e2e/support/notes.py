"""A note's page in a browser, and what people do there; the words of that page stand here alone."""

import re
from html import escape
from typing import Any, Self

from playwright.sync_api import Locator, expect

from .http_client import HttpClient
from .tabs import Tab
from .waiting import eventually

BODY = ".said"  # what a block says, without who writes in it and without its buttons
MENU = "More about this note"
EDITOR = "Editor"
WORDS = re.compile(r"\w")
EXPIRE = "UPDATE notes_block SET until = '2001-01-01 00:00:00+00:00' WHERE writer_id IS NOT NULL"  # all are silent
SAVE_AT = "at => setTimeout(() => document.querySelector('form button[name=save]').click(), at - Date.now())"
LISTEN = """
(name) => {
  window.heard = []
  const told = document.querySelector(name)
  new MutationObserver((records) => {
    for (const record of records)
      for (const node of record.addedNodes)
        if (node.textContent.trim() && told.contains(node)) window.heard.push(node.textContent.trim())
  }).observe(told, { childList: true, subtree: true })
}
"""
SHAPE = """
(key) => [...document.getElementById(`${key}-rows`).children].filter((row) => row.matches(".block")).map((row) => {
  const copy = row.cloneNode(true)
  for (const each of [copy, ...copy.querySelectorAll("*")]) {
    each.className = [...each.classList].filter((name) => !name.startsWith("htmx-")).sort().join(" ")
    if (!each.className) each.removeAttribute("class")
  }
  return copy.outerHTML.replace(/\\s+/g, " ")
})
"""


def new_note(client: HttpClient, title: str, text: str = "", **fields: str) -> int:
    """Make a note of these blocks, written in Markdown; its number."""
    answer = client.submit("/notes/new/", title=title, **fields)
    pk = int(answer.headers["Location"].rstrip("/").split("/")[-1])
    if text:
        client.submit(f"/notes/{pk}/import/", text=text)
    return pk


class NotePage:
    """One page of a note, in a tab."""

    def __init__(self, tab: Tab, pk: int) -> None:
        self.tab, self.page, self.pk, self.key = tab, tab.page, pk, f"note-{pk}"

    def open(self, live: bool = True) -> Self:
        """Load it; with `live`, wait until its socket has answered."""
        self.tab.go(f"/notes/{self.pk}/")
        return self.wait_live() if live else self

    def wait_live(self, within: float = 15.0) -> Self:
        expect(self.page.locator(f"#{self.key}-met")).to_have_value("1", timeout=within * 1000)
        return self

    # The text

    @property
    def bodies(self) -> Locator:
        return self.page.locator(f"#{self.key}-rows {BODY}")

    def body(self, text: str) -> Locator:
        """What the block says in which this stands."""
        return self.bodies.filter(has_text=text)

    def row(self, text: str) -> Locator:
        """The block in which this stands."""
        return self.page.locator(f"#{self.key}-rows > .block").filter(has=self.page.locator(BODY, has_text=text))

    @property
    def texts(self) -> list[str]:
        """What the blocks say, from top to bottom."""
        return [text.strip() for text in self.bodies.all_inner_texts()]

    def shows(self, *texts: str) -> Self:
        """Until the blocks say this, each its own, from top to bottom."""
        expect(self.bodies).to_have_text(list(texts))
        return self

    def button(self, text: str, name: str) -> Locator:
        """A button of a block: "Edit", "More", "Open" or "Done"."""
        return self.row(text).get_by_role("button", name=re.compile(f"^{name}"))

    def follow(self, name: str) -> Self:
        """Follow a link of the menu below the title."""
        link = self.page.get_by_role("link", name=name, exact=True)
        if not link.is_visible():
            self.page.get_by_text(MENU).click()
        link.click()
        return self

    # The editor

    @property
    def editor(self) -> Locator:
        return self.page.get_by_role("region", name=EDITOR)

    @property
    def box(self) -> Locator:
        return self.editor.get_by_role("textbox", name="Text", exact=True)

    @property
    def alert(self) -> Locator:
        """What is said there at once, if anything."""
        return self.editor.get_by_role("alert").filter(has_text=WORDS)

    @property
    def saved(self) -> Locator:
        return self.editor.get_by_role("status").filter(has_text="Saved.")

    def button_of_editor(self, name: str) -> Locator:
        return self.editor.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> Self:
        """Press a button of the editor."""
        self.button_of_editor(name).click()
        return self

    def edit(self, text: str) -> Self:
        """Begin to write in a block, with the caret at its end."""
        self.button(text, "Edit").click()
        expect(self.box).to_be_focused()
        self.page.keyboard.press("Control+End")
        return self

    def more(self, text: str) -> Self:
        """Have what can be done with a block in the editor."""
        self.button(text, "More").click()
        expect(self.editor.get_by_role("heading")).to_contain_text(text)
        return self

    def type(self, text: str) -> Self:
        """Type where the caret is."""
        self.page.keyboard.type(text)
        return self

    def save(self) -> Self:
        self.press("Save")
        expect(self.saved).to_be_visible()
        return self

    def save_at(self, at: float) -> None:
        """Have the page press Save at this time, in ms of the epoch."""
        self.page.evaluate(SAVE_AT, at)

    def history(self, text: str) -> str:
        """The page of all that was saved in a block."""
        row = self.row(text).get_attribute("id") or ""
        return self.page.request.get(f"{self.tab.url}/notes/{self.pk}/blocks/{row.rpartition('-')[2]}/").text()

    def kept(self) -> Self:
        """Until what is typed is kept at the server, and stands among what one has not saved."""
        text, request = escape(self.box.input_value()), self.page.request
        eventually(lambda: text in request.get(f"{self.tab.url}/notes/").text(), 5, "what is typed is kept")
        return self

    # What is heard, and the whole

    def listen(self) -> Self:
        """Note from now on what a screen reader is told."""
        self.page.evaluate(LISTEN, f"#{self.key}-announce")
        return self

    def hears(self, *words: str) -> Self:
        """Until a screen reader was told these, each once and nothing else."""

        def look() -> bool:
            heard = self.page.evaluate("window.heard")
            assert heard == list(words), heard
            return True

        eventually(look, 5, "what a screen reader is told")
        return self

    @property
    def shape(self) -> Any:
        """All that stands in the list of blocks, as something to compare."""
        return self.page.evaluate(SHAPE, self.key)

    def equals_a_fresh_page(self, within: float = 10.0) -> Self:
        """Until this page shows the blocks that the same person gets who loads it anew."""
        fresh = NotePage(Tab(self.page.context.new_page(), self.tab.url), self.pk).open(live=False)
        wanted = fresh.shape
        fresh.page.close()

        def look() -> bool:
            assert self.shape == wanted, f"{self.shape}\n{wanted}"
            return True

        eventually(look, within, "what a fresh page shows")
        return self
