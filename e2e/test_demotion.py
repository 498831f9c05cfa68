"""Who is staff no longer hears nothing more of what staff are told, two seconds later, on any page."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import alerts, bell, unseen, with_lines
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.orders import Orders
from .support.people import Person
from .support.servers import Server
from .support.shop import line, order, orders_page
from .support.waiting import eventually, holds

Invite = Callable[..., Person]


def employ(deployment: Deployment, boss: HttpClient, yes: bool) -> None:
    """Have `other` be staff, or not, by the admin's form."""
    pk = deployment.rows("SELECT id FROM accounts_user WHERE username = 'other'")[0][0]
    boss.submit(f"/admin/accounts/user/{pk}/change/", is_staff="on" if yes else None)


@pytest.fixture(params=["daphne", pytest.param("cluster", marks=pytest.mark.faults)])
def shop_deployment(request: pytest.FixtureRequest, new_deployment: Callable[..., Deployment]) -> Deployment:
    """One daphne on SQLite, or two uvicorns on one PostgreSQL and one Redis."""
    if request.param == "cluster":
        return request.getfixturevalue("cluster")
    deployment = new_deployment()
    deployment.start_server("daphne")
    return deployment


def test_who_is_demoted_hears_of_no_order_two_seconds_later(shop_deployment: Deployment, person: Invite) -> None:
    here, there = shop_deployment.servers[0], shop_deployment.servers[-1]
    boss, member = HttpClient(here.url).sign_in("staff"), HttpClient(here.url).sign_in("member")
    employ(shop_deployment, boss, yes=True)
    clerk = person(there).sign_in("other")
    page, admin, room = orders_page(clerk), bell(clerk.tab(), "/admin/"), bell(clerk.tab(), "/rooms/lobby/")
    with_lines(admin)
    order(member, "Before access was revoked")
    for tab in (page, admin, room):
        eventually(lambda tab=tab: unseen(tab) == 1, 2, "staff are told")
    employ(shop_deployment, boss, yes=False)
    words = page.page.locator("#orders").get_by_role("alert").filter(has_text="Only staff see all orders.")
    expect(words).to_be_visible(timeout=2_000)
    for tab in (admin, room):
        eventually(lambda tab=tab: not alerts(tab).count() and not unseen(tab), 2, "what staff were told is gone")
    order(member, "After access was revoked")
    holds(lambda: not any("After access was revoked" in tab.page.content() for tab in (page, admin, room)), 1)
    assert not line(page, "After access was revoked").count()
    words.get_by_role("link").click()
    expect(page.page.get_by_role("heading", name="Shop")).to_be_visible()
    assert page.page.request.get(f"{page.url}/shop/orders/").status == 403
    assert not clerk.errors


def test_who_is_made_staff_hears_at_once_what_staff_are_told(
    server: Server, deployment: Deployment, person: Invite
) -> None:
    boss, member = HttpClient(server.url).sign_in("staff"), HttpClient(server.url).sign_in("member")
    clerk = bell(person(server).sign_in("other"), "/rooms/lobby/")
    before = unseen(clerk)
    order(member, "Before there was a clerk")
    holds(lambda: unseen(clerk) == before, 0.5, "not staff yet")
    employ(deployment, boss, yes=True)
    eventually(lambda: unseen(clerk) > before, 2, "what was open is theirs too")
    now = unseen(clerk)
    order(member, "Now there is one")
    eventually(lambda: unseen(clerk) == now + 1, 1, "and what comes")
    employ(deployment, boss, yes=False)
    eventually(lambda: unseen(clerk) == before, 2, "as before")


def test_who_is_demoted_by_a_program_is_cut_off_by_the_next_look(new_deployment: Callable[..., Deployment]) -> None:
    deployment = new_deployment()
    server = deployment.start_server()
    page = Orders(HttpClient(server.url).sign_in("staff")).hello()
    demote = "from accounts.models import User; u = User.objects.get(username='staff'); u.is_staff = False; u.save()"
    program = deployment.command(demote)
    eventually(lambda: not program.alive, 20, "the demotion")
    done = time.monotonic()
    assert page.closed(within=5) == 4003
    assert time.monotonic() - done < 3.6  # without Redis another process gives no hints
    order(HttpClient(server.url).sign_in("member"), "After access was revoked")
    assert "After access was revoked" not in "".join(page.frames)
