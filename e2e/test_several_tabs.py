"""One person in several places: what comes, and what is done about it in one of them, is so in all within a second."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import alerts, bell, opened, toasts, unseen, with_lines
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server
from .support.shop import SECOND, fill_in, line, order, orders_page, shop
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
Servers = tuple[Server, Server]
AT_ONCE = 1.0  # seconds


@pytest.fixture(params=["server", pytest.param("cluster", marks=pytest.mark.faults)])
def servers(request: pytest.FixtureRequest) -> Servers:
    """Where people come in: twice the one daphne on SQLite, or two uvicorns on one PostgreSQL and one Redis."""
    found = request.getfixturevalue(request.param)
    return (found.servers[0], found.servers[1]) if isinstance(found, Deployment) else (found, found)


def counts(tabs: list[Tab], number: int) -> None:
    """Until all of them count so many unseen; a second for all together."""

    def look() -> bool:
        shown = [unseen(tab) for tab in tabs]
        assert shown == [number] * len(tabs), f"{shown}, wanted {number} everywhere"
        return True

    eventually(look, AT_ONCE, "the same count everywhere")


def unread(tab: Tab) -> list[str]:
    return tab.page.locator("#bell-lines .pl-alert.pl-unread .pl-what").all_text_contents()


def same_lines(tabs: list[Tab], wanted: Callable[[Tab], bool], what: str) -> None:
    """Until the bells of all of them are so; a second for all together."""
    eventually(lambda: all(wanted(tab) for tab in tabs), AT_ONCE, what)


def staff_everywhere(person: Invite, servers: Servers) -> list[Tab]:
    """One of the staff with nothing unseen: in the admin, at the orders, at all alerts, and on another device."""
    here, there = servers
    staff, elsewhere = person(here).sign_in("staff"), person(there).sign_in("staff")
    tabs = [
        bell(staff, "/admin/shop/order/"),
        bell(orders_page(staff.tab())),
        bell(staff.tab(), "/alerts/"),
        bell(elsewhere, "/rooms/team/"),
    ]
    opened(elsewhere).page.get_by_role("button", name="Mark all read").click()
    counts(tabs, 0)
    for tab in tabs[:3]:
        with_lines(tab)
    same_lines(tabs, lambda tab: not unread(tab), "nothing unread")
    opened(elsewhere)
    return tabs


def test_an_order_shows_everywhere_and_is_read_everywhere(person: Invite, servers: Servers) -> None:
    staff = admin, page, listed, device = staff_everywhere(person, servers)
    buyer = shop(person(servers[1]).sign_in("member"))
    second = bell(buyer.tab(), "/rooms/lobby/")
    had = unseen(second)
    fill_in(buyer, "Everybody's kettle").click()
    counts(staff, 1)
    counts([bell(buyer), second], had + 1)
    expect(line(page, "Everybody's kettle")).to_be_visible(timeout=SECOND)
    expect(listed.page.get_by_role("list", name="Alerts")).to_contain_text("Everybody's kettle", timeout=SECOND)
    opened(admin)
    counts(staff, 0)
    assert unseen(second) == had + 1, "what staff have seen the buyer has not"
    same_lines(staff, lambda tab: len(unread(tab)) == 1, "seen is not read")
    admin.page.get_by_role("button", name="Mark read: New order").click()
    same_lines(staff, lambda tab: not unread(tab), "read in one is read in all")
    expect(listed.page.locator("main .pl-alert.pl-unread")).to_have_count(0, timeout=SECOND)
    device.page.reload()
    assert unseen(bell(device)) == 0


@pytest.mark.parametrize("servers", ["server"], indirect=True)
def test_archived_undone_and_all_read_in_one_place_is_so_in_all(person: Invite, servers: Servers) -> None:
    member = HttpClient(servers[0].url).sign_in("member")
    order(member, "Read long ago")
    staff = admin, _, listed, device = staff_everywhere(person, servers)
    before = alerts(admin).count()
    order(member, "To put away")
    counts(staff, 1)
    more = alerts(admin).count()
    assert more == before + 1
    opened(device).page.get_by_role("button", name="Archive: New order: To put away").click()
    same_lines(staff, lambda tab: alerts(tab).count() == before, "archived in one is gone from all, and it alone")
    expect(listed.page.locator("main .pl-what", has_text="To put away")).to_have_count(0, timeout=SECOND)
    counts(staff, 0)
    toasts(device).get_by_role("button", name="Undo").last.click()
    same_lines(staff, lambda tab: alerts(tab).count() == more and len(unread(tab)) == 1, "undone in one is back in all")
    expect(listed.page.locator("main .pl-what", has_text="To put away")).to_be_visible(timeout=SECOND)
    listed.page.locator("main").get_by_role("button", name="Mark all read").click()
    same_lines(staff, lambda tab: not unread(tab), "all read in one is all read everywhere")
    toasts(listed).get_by_role("button", name="Undo").last.click()
    same_lines(staff, lambda tab: len(unread(tab)) == 1, "and undone")
    counts(staff, 0)
