"""The shop in a browser and by its forms: ordering, the staff's list, a buyer's own."""

from playwright.sync_api import Locator, expect

from .http_client import HttpClient
from .tabs import Tab


def order(client: HttpClient, item: str, **changes: str) -> int:
    """Place an order by the form; its number."""
    client.submit("/shop/", **{"item": item, "amount": "12.50", "currency": "EUR", **changes})
    rows = client.get("/shop/").page.find("tbody")[0].children
    row = next(row for row in rows if item in row.text)
    return int(row.children[0].text.split()[-1])


def orders_page(tab: Tab) -> Tab:
    """The staff's page with a socket that has answered."""
    tab.go("/shop/orders/")
    expect(tab.page.locator("#orders-met")).to_have_value("1")
    return tab


def shop(tab: Tab) -> Tab:
    """A buyer's page with a socket that has answered."""
    tab.go("/shop/")
    expect(tab.page.locator(".shop [name=met]")).to_have_value("1")
    return tab


def line(tab: Tab, item: str) -> Locator:
    """The row of an order, on the staff's page or a buyer's."""
    return tab.page.locator("table.ledger tbody tr", has_text=item)


def totals(tab: Tab) -> dict[str, str]:
    """The figures above the list, by their names."""
    words = tab.page.locator(".totals > div")
    return {each.locator("dt").inner_text(): each.locator("dd").inner_text() for each in words.all()}


def fill_in(tab: Tab, item: str, amount: str = "12.50", currency: str = "EUR") -> Locator:
    """Fill in the form; the button that sends it."""
    tab.page.get_by_label("What would you like?").fill(item)
    tab.page.get_by_label("Price").fill(amount)
    tab.page.get_by_label("Currency").select_option(currency)
    return tab.page.get_by_role("button", name="Place order")
