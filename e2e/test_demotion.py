"""Who is staff no longer hears nothing more of what staff are told, two seconds later, on any page."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bells import alerts, bell, unseen
from .support.houses import House
from .support.orders import Orders
from .support.people import Person
from .support.servers import Server
from .support.shops import line, order, orders_page
from .support.visitors import Visitor
from .support.waiting import eventually, holds

Invite = Callable[..., Person]


def employ(house: House, boss: Visitor, yes: bool) -> None:
    """Have `other` be staff, or not, by the admin's form."""
    pk = house.rows("SELECT id FROM accounts_user WHERE username = 'other'")[0][0]
    boss.submit(f"/admin/accounts/user/{pk}/change/", is_staff="on" if yes else None)


@pytest.fixture(params=["daphne", pytest.param("cluster", marks=pytest.mark.faults)])
def shop_house(request: pytest.FixtureRequest, new_house: Callable[..., House]) -> House:
    """One daphne on SQLite, or two uvicorns on one PostgreSQL and one Redis."""
    if request.param == "cluster":
        return request.getfixturevalue("cluster")
    house = new_house()
    house.open("daphne")
    return house


def test_who_is_demoted_hears_of_no_order_two_seconds_later(shop_house: House, person: Invite) -> None:
    here, there = shop_house.servers[0], shop_house.servers[-1]
    boss, member = Visitor(here.url).sign_in("staff"), Visitor(here.url).sign_in("member")
    employ(shop_house, boss, yes=True)
    clerk = person(there).sign_in("other")
    page, admin, room = orders_page(clerk), bell(clerk.tab(), "/admin/"), bell(clerk.tab(), "/rooms/lobby/")
    order(member, "Before the door closed")
    for tab in (page, admin, room):
        eventually(lambda tab=tab: unseen(tab) == 1, 2, "staff are told")
    employ(shop_house, boss, yes=False)
    words = page.page.locator("#orders").get_by_role("alert").filter(has_text="Only staff see all orders.")
    expect(words).to_be_visible(timeout=2_000)
    for tab in (admin, room):
        eventually(lambda tab=tab: not alerts(tab).count() and not unseen(tab), 2, "what staff were told is gone")
    order(member, "After the door closed")
    holds(lambda: not any("After the door closed" in tab.page.content() for tab in (page, admin, room)), 1)
    assert not line(page, "After the door closed").count()
    words.get_by_role("link").click()
    expect(page.page.get_by_role("heading", name="Shop")).to_be_visible()
    assert page.page.request.get(f"{page.url}/shop/orders/").status == 403
    assert not clerk.errors


def test_who_is_made_staff_hears_at_once_what_staff_are_told(server: Server, house: House, person: Invite) -> None:
    boss, member = Visitor(server.url).sign_in("staff"), Visitor(server.url).sign_in("member")
    clerk = bell(person(server).sign_in("other"), "/rooms/lobby/")
    before = unseen(clerk)
    order(member, "Before there was a clerk")
    holds(lambda: unseen(clerk) == before, 0.5, "not staff yet")
    employ(house, boss, yes=True)
    eventually(lambda: unseen(clerk) > before, 2, "what was open is theirs too")
    now = unseen(clerk)
    order(member, "Now there is one")
    eventually(lambda: unseen(clerk) == now + 1, 1, "and what comes")
    employ(house, boss, yes=False)
    eventually(lambda: unseen(clerk) == before, 2, "as before")


def test_who_is_demoted_by_a_program_is_cut_off_by_the_next_look(new_house: Callable[..., House]) -> None:
    house = new_house()
    server = house.open()
    page = Orders(Visitor(server.url).sign_in("staff")).hello()
    demote = "from accounts.models import User; u = User.objects.get(username='staff'); u.is_staff = False; u.save()"
    program = house.command(demote)
    eventually(lambda: not program.alive, 20, "the demotion")
    done = time.monotonic()
    assert page.closed(within=5) == 4003
    assert time.monotonic() - done < 3.6  # without Redis another process gives no hints
    order(Visitor(server.url).sign_in("member"), "After the door closed")
    assert "After the door closed" not in "".join(page.frames)
