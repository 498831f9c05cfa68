"""Importing orders from a file: the form, the bar that moves, and the words beside it."""

from playwright.sync_api import Locator, expect

from .tabs import Tab
from .waiting import eventually

HEAD = "item,amount,currency,note,reference\n"


def csv_file(rows: int, bad: int) -> str:
    """A file of so many rows; every `bad`-th is rejected."""
    return HEAD + "".join(f"Pot {n},{'-' * (n % bad == 0)}1.50,EUR,by Friday,\n" for n in range(1, rows + 1))


def upload(tab: Tab, content: str | bytes, name: str = "orders.csv") -> Tab:
    """Send a file by the form; the page that the browser then shows."""
    tab.go("/shop/imports/")
    file = {"name": name, "mimeType": "text/csv", "buffer": content if isinstance(content, bytes) else content.encode()}
    tab.page.get_by_label("CSV file").set_input_files([file])  # type: ignore[list-item]
    tab.page.get_by_role("button", name="Import", exact=True).click()
    tab.page.wait_for_load_state()
    return tab


def value(progress: Locator) -> float:
    return float(progress.first.get_attribute("value") or 0) if progress.count() else 0


def under_way(*bars: Locator) -> None:
    """Until each of these bars has moved; none of them ends."""
    for bar in bars:
        eventually(lambda bar=bar: 0 < value(bar) < 100, 20, "a bar that moves")


def wait_for_words(tab: Tab, words: str) -> None:
    """Wait until the words beside the bar are these."""
    expect(tab.page.locator("main .pl-job-words")).to_contain_text(words, timeout=60_000)


def press(tab: Tab, name: str) -> None:
    tab.page.locator("main").get_by_role("button", name=name).click()


def figure(tab: Tab, name: str) -> int:
    """A figure above a list."""
    words = tab.page.locator(".totals > div", has_text=name).locator("dd").inner_text()
    return int(words.replace(",", ""))
