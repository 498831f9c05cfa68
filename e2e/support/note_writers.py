"""Somebody who writes in a note at random, at a browser on a bad line, and what they have seen of what came of it."""

import random
import re
import time
from typing import Any, NamedTuple

from playwright.sync_api import Error

from .flaky_proxy import FlakyProxy
from .notes import NotePage

WORD = re.compile(r"w\d{4}")
MOST_ROWS = 60  # a page shows 100 blocks at first
COUNT_ANSWERS = """
window.answered = 0
document.addEventListener("htmx:afterRequest", (it) => {
  if (it.detail.successful && it.detail.requestConfig.triggeringEvent?.submitter) window.answered += 1
})
"""
LOOK = """
(key) => {
  const form = document.getElementById(`${key}-form`)
  if (!form) return null
  const field = (name) => form.querySelector(`[name=${name}]`)?.value ?? null
  return {
    busy: !!document.querySelector(".htmx-request"), answered: window.answered,
    text: field("text"), block: field("block"), base: field("base"), revive: field("revive") !== null,
    offers: [...form.querySelectorAll("button")].map((it) => it.name),
    alert: [...form.querySelectorAll("[role=alert]")].map((it) => it.textContent.trim()).join(" ").trim(),
    rows: [...document.querySelectorAll(`#${key}-rows > .block`)].map((it) => it.id.split("-").pop()),
  }
}
"""
PRESS = """
([key, name, value]) => {
  const wanted = value ? `[value="${value}"]` : ""
  document.querySelector(`#${key} button[name=${name}]${wanted}`)?.click()
}
"""


class Look(NamedTuple):
    """What a page shows: its editor, whether a request is under way, and the blocks by number."""

    busy: bool
    answered: int
    text: str | None
    block: str | None
    base: str | None
    revive: bool
    offers: list[str]
    alert: str
    rows: list[str]

    @property
    def is_conflict(self) -> bool:
        return "theirs" in self.offers


class Pressed(NamedTuple):
    """A button that was pressed, and how the page was then."""

    verb: str
    words: frozenset[str]
    before: Look


def words_of(text: str | None) -> frozenset[str]:
    return frozenset(WORD.findall(text or ""))


class Story:
    """What all of them did: the words that are saved, and those of each text that met a conflict."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.edits = self.typed = 0
        self.saved: set[str] = set()
        self.conflicts: list[frozenset[str]] = []
        self.chosen: set[frozenset[str]] = set()  # the words of texts that replace another one knowingly
        self.shown: set[tuple[str, int, int]] = set()  # who was shown which version of a block beside their own text
        self.revived = 0


class NoteWriter:
    """One page, and what its person does next."""

    def __init__(self, name: str, note: NotePage, line: FlakyProxy, story: Story) -> None:
        self.name, self.note, self.line, self.story, self.dice = name, note, line, story, story.dice
        self.is_cut = False
        self.pressed: Pressed | None = None
        self.since = 0.0
        note.page.add_init_script(COUNT_ANSWERS)
        note.tab.speed_up()
        note.open()

    def cut(self) -> None:
        self.line.cut()
        self.is_cut = True

    def come_back(self) -> None:
        self.line.mend()
        self.is_cut = False

    def look(self) -> Look | None:
        """What the page shows, once no request is under way; a page that could not be loaded is loaded again."""
        try:
            seen: Any = self.note.page.evaluate(LOOK, self.note.key)
            if seen is None:
                self.note.page.reload()
                return None
        except Error:
            return None
        look = Look(**seen)
        if look.busy:
            assert not self.since or time.monotonic() - self.since < 40, f"a request without an end: {look}"
            self.since = self.since or time.monotonic()
            return None
        self.since = 0.0
        if look.is_conflict:
            self.story.shown.add((self.name, int(look.block or 0), int(look.base or 0)))
        self._learn(look)
        return look

    def _learn(self, now: Look) -> None:
        """What came of the button that was pressed."""
        pressed, self.pressed = self.pressed, None
        if pressed is None or now.answered <= pressed.before.answered:
            return  # the line was cut before the answer came, and what is typed stays
        same = now.block == pressed.before.block and now.base == pressed.before.base
        if pressed.verb in ("save", "split", "both"):
            if now.is_conflict and not same:
                self.story.conflicts.append(pressed.words)
            elif now.text is not None:
                return  # refused, in words
            self.story.saved |= pressed.words
            self.story.revived += pressed.before.revive
        if not now.alert or now.is_conflict:
            self.story.edits += pressed.verb not in ("edit", "tools", "cancel", "close", "add")

    def press(self, verb: str, look: Look, value: str = "", inside: str = "form") -> None:
        self.pressed = Pressed(verb, words_of(look.text), look)
        self.note.page.evaluate(PRESS, [f"{self.note.key}-{inside}", verb, value])

    def goes_on(self, look: Look) -> None:
        """One more thing that a person may do with what the page shows."""
        if look.text is None:
            self._reads(look)
        elif not words_of(look.text) or self.dice.random() < 0.3:
            self._types()
        elif look.is_conflict:
            self._chooses(look)
        elif self.dice.random() < 0.7:
            self._ends(look)

    def _reads(self, look: Look) -> None:
        few = len(look.rows) < MOST_ROWS
        verb = self.dice.choices(["edit", "add", "tick", "tools", "more", "reload"], [10, 3 * few, 1, 2, 6, 1])[0]
        if verb == "reload":
            self.reload()
        elif verb == "add" or not look.rows:
            self.press("add", look, "0")
        elif verb == "more":
            verbs = [each for each in look.offers if each in ("up", "down", "join", "delete", "restore")]
            weights = [{"delete": 0.5, "join": 0.5}.get(each, 1) for each in verbs]
            if verbs:
                self.press(self.dice.choices(verbs, weights)[0], look)
        else:
            self.press(verb, look, self.dice.choice(look.rows[:12]), inside="rows")

    def _types(self) -> None:
        """A word of one's own at the end, each word once."""
        self.story.typed += 1
        word = f"w{self.story.typed:04}"
        self.note.page.focus(f"#{self.note.key}-form textarea")
        self.note.page.keyboard.press("Control+End")
        self.note.page.keyboard.type(f"{self.dice.choice([' ', ' ', chr(10) * 2])}{word}")

    def _chooses(self, look: Look) -> None:
        verb = self.dice.choice(["save", "both", "theirs"])
        if verb == "save":
            self.story.chosen.add(words_of(look.text))
        self.press(verb, look)

    def _ends(self, look: Look) -> None:
        verb = self.dice.choices(["save", "split", "cancel", "reload"], [10, 1, 0.5, 0.5])[0]
        if verb == "reload":
            self.reload()
        elif verb in look.offers:
            if verb == "split":
                self.story.chosen |= {words_of(part) for part in re.split(r"\n\s*\n", look.text or "")}
            self.press(verb, look)

    def reload(self) -> None:
        if not self.is_cut:
            self.pressed = None
            self.note.open(live=False)

    def is_done(self) -> bool:
        """Whether nothing is open in the editor; else it is brought nearer to that."""
        look = self.look()
        if look and look.is_conflict:
            self._chooses(look)
        elif look and look.text is not None:
            if not words_of(look.text):
                self._types()
            self.press("save", look)
        return look is not None and look.text is None
