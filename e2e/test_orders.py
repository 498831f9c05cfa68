"""An order, from its form to everybody it concerns: buyer, staff on their page, staff in the admin, further tabs."""

import re
import threading
from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import bell, opened, unseen
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server
from .support.shop import fill_in, line, order, orders_page, shop, totals
from .support.waiting import eventually

Invite = Callable[..., Person]
NewClient = Callable[[Server | FlakyProxy], HttpClient]
SETTINGS = {"PARLOUR_TICK": "60"}  # seconds: whatever is shown sooner came by a hint
LIST = "/admin/shop/order/"


def test_who_signs_in_by_the_form_gets_where_they_were_going(person: Invite, server: Server) -> None:
    staff = person(server).go("/shop/orders/").sign_in_by_form("staff")
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    staff.sign_out()
    expect(staff.go("/rooms/team/").page.locator("section.pl-talk")).to_have_count(0)


def test_an_order_and_its_transitions_show_and_ring_everywhere_at_once(person: Invite, server: Server) -> None:
    staff, buyer = person(server).sign_in("staff"), person(server).sign_in("other")
    page, admin = bell(orders_page(staff)), bell(staff.tab(), "/admin/")
    mine, elsewhere = bell(shop(buyer)), bell(buyer.tab(), "/accounts/profile/")
    before, was, had = totals(page), unseen(admin), unseen(mine)
    fill_in(mine, "A kettle", "1234.50", "USD").click()
    expect(line(page, "A kettle")).to_contain_text("1,234.50 USD")
    expect(line(page, "A kettle")).to_contain_text("New")
    expect(buyer.page.get_by_text("is placed: A kettle")).to_be_visible()
    for tab, number in ((page, was + 1), (admin, was + 1), (mine, had + 1), (elsewhere, had + 1)):
        eventually(lambda tab=tab, number=number: unseen(tab) == number, 10, "the count")
    more = {"New": str(int(before["New"]) + 1), "Open in USD": "1,234.50"}
    assert totals(page) == before | more
    line(page, "A kettle").get_by_role("button", name="Accept").click()
    for tab in (page, mine):
        expect(line(tab, "A kettle")).to_contain_text("Accepted")
    for tab in (page, admin):
        eventually(lambda tab=tab: unseen(tab) == was, 10, "the staff's count, resolved")
    expect(line(mine, "A kettle").get_by_role("button")).to_have_count(0)
    assert totals(page) == before | {"Accepted": str(int(before["Accepted"]) + 1), "Open in USD": "1,234.50"}
    assert [unseen(tab) for tab in (mine, elsewhere)] == [had + 1] * 2
    alert = opened(elsewhere).page.locator("#bell-lines")
    expect(alert).to_contain_text(re.compile(r"Order \d+ is accepted"))
    expect(alert).not_to_contain_text("is placed")
    alert.get_by_role("link", name=re.compile("is accepted")).first.click()
    expect(elsewhere.page.locator(".facts")).to_contain_text("A kettle")
    line(page, "A kettle").get_by_role("button", name="Finish").click()
    for tab in (page, mine):
        expect(line(tab, "A kettle")).to_contain_text("Done")
    fill_in(mine, "Not after all").click()
    cancel = line(mine, "Not after all").get_by_role("button", name="Cancel")
    cancel.click()
    assert mine.dialogs[0].endswith("That cannot be undone.")
    mine.agrees = True
    cancel.click()
    for tab in (page, mine):
        expect(line(tab, "Not after all")).to_contain_text("Cancelled")
    assert totals(page) == before


def test_who_works_through_the_list_keeps_the_focus_when_orders_come(
    person: Invite, server: Server, http_client: NewClient
) -> None:
    other = http_client(server).sign_in("other")
    order(other, "The one in hand")
    staff = orders_page(person(server).sign_in("staff"))
    button = line(staff, "The one in hand").get_by_role("button", name="Accept")
    button.focus()
    order(other, "One that comes meanwhile")
    expect(line(staff, "One that comes meanwhile")).to_be_visible()
    expect(button).to_be_focused()
    for status in ("Accepted", "Done"):
        staff.page.keyboard.press("Enter")
        expect(line(staff, "The one in hand").locator(".status")).to_have_text(status)
        order(other, f"Another, while that one is {status}")
        expect(line(staff, f"while that one is {status}")).to_be_visible()
        expect(line(staff, "The one in hand").get_by_role("group")).to_be_focused()
        staff.page.keyboard.press("Tab")
    expect(line(staff, "One that comes meanwhile")).to_contain_text("New")
    assert not staff.errors


def test_a_press_that_does_not_get_through_is_told(person: Invite, server: Server, http_client: NewClient) -> None:
    order(http_client(server).sign_in("other"), "Without a line")
    staff = orders_page(person(server).sign_in("staff"))
    button = line(staff, "Without a line").get_by_role("button", name="Accept")
    told = staff.page.get_by_text("That did not get through.")
    staff.page.wait_for_load_state("networkidle")
    staff.context.set_offline(True)
    button.click()
    expect(told).to_be_in_viewport()
    staff.context.set_offline(False)
    button.click()
    expect(line(staff, "Without a line")).to_contain_text("Accepted")


def test_what_staff_do_in_the_admin_shows_on_the_pages_of_buyers(
    person: Invite, server: Server, http_client: NewClient
) -> None:
    member = http_client(server).sign_in("member")
    numbers = [order(member, f"For the admin {n}") for n in range(2)]
    staff, buyer = person(server).sign_in("staff"), shop(person(server).sign_in("member"))
    staff.go(f"{LIST}?q=For+the+admin").page.locator("#action-toggle").check()
    staff.page.locator("select[name=action]").select_option("accept")
    staff.page.get_by_role("button", name="Go", exact=True).click()
    expect(staff.page.get_by_text("2 of 2 done.")).to_be_visible()
    for n in range(2):
        expect(line(buyer, f"For the admin {n}")).to_contain_text("Accepted")
    staff.go(f"{LIST}{numbers[0]}/delete/").page.locator("form [type=submit]").last.click()
    expect(line(buyer, "For the admin 0")).to_have_count(0)


def test_the_same_form_sent_many_times_at_once_is_one_order(
    server: Server, deployment: Deployment, http_client: NewClient
) -> None:
    member = http_client(server).sign_in("member")
    member.get("/shop/")
    form = {"item": "Once only", "amount": "1", "currency": "EUR", "idempotency_key": "pressed-twice"}
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(member.at(server.url).post("/shop/", form).status))
        for _ in range(6)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [302] * 6
    [(number,)] = deployment.rows("SELECT id FROM shop_order WHERE item = %s", "Once only")
    alerts = deployment.rows("SELECT count(*) FROM parlour_alerts_alert WHERE about = %s", f"shop.order:{number}")
    assert alerts == [(2,)], "one to the buyer and one to staff"


def test_without_script_orders_are_placed_and_accepted(person: Invite, server: Server) -> None:
    buyer = person(server, java_script_enabled=False).sign_in("member").go("/shop/")
    fill_in(buyer, "By plain forms").click()
    expect(line(buyer, "By plain forms")).to_contain_text("New")
    staff = person(server, java_script_enabled=False).sign_in("staff").go("/shop/orders/")
    line(staff, "By plain forms").get_by_role("button", name="Accept").click()
    expect(staff.page.get_by_text(re.compile(r"Order \d+: Accepted\."))).to_be_visible()
    expect(line(staff, "By plain forms")).to_contain_text("Accepted")
