"""The bell of a page: what it counts, what it holds, and the toasts it throws."""

import re

from playwright.sync_api import Locator, expect

from .people import Person
from .tabs import Tab

NUMBER = re.compile(r"\D")


def bell(tab: Tab, path: str = "") -> Tab:
    """A page whose bell's socket has answered."""
    if path:
        tab.go(path)
    expect(tab.page.locator("#bell-met")).to_have_value("1", timeout=15_000)
    return tab


def opened(tab: Tab) -> Tab:
    """The same page with its bell's card open and its lines loaded; or closed, when it was open."""
    tab.page.locator("#bell-open").click()
    expect(tab.page.locator("#bell-opened")).to_have_value("1")
    return tab


def with_lines(tab: Tab) -> Tab:
    """The same page, whose bell was opened and closed: its lines are kept up to date from now on."""
    return opened(opened(tab))


def pill(tab: Tab) -> Locator:
    return tab.page.locator("#bell-count .pl-pill")


def count(tab: Tab, words: str, within: float = 10.0) -> None:
    """Until the pill says this."""
    expect(pill(tab)).to_have_text(words, timeout=within * 1000)


def none(tab: Tab, within: float = 10.0) -> None:
    """Until nothing is unseen."""
    expect(pill(tab)).to_have_count(0, timeout=within * 1000)


def unseen(tab: Tab) -> int:
    """The number that a reader of the bell is told."""
    words = tab.page.locator("#bell-count .pl-visually-hidden").all_text_contents()
    return int(NUMBER.sub("", words[0])) if words else 0


def alerts(tab: Tab) -> Locator:
    """The lines of the bell's card."""
    return tab.page.locator("#bell-lines .pl-alert")


def toasts(tab: Tab) -> Locator:
    """The toasts that can be seen."""
    return tab.page.locator("#bell-toasts .pl-toast").filter(visible=True)


def at_peace(staff: Person) -> Person:
    """Somebody who has read all that there was."""
    opened(bell(staff.sign_in("staff"), "/"))
    staff.page.get_by_role("button", name="Mark all read").click()
    expect(staff.page.locator("#bell-lines .pl-unread")).to_have_count(0)
    none(staff)
    return staff
