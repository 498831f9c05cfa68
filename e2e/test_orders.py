"""An order, from its form to everybody it concerns: buyer, staff on their page, staff in the admin, further tabs."""

import re
import threading
from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import opened, unseen
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.servers import Server
from .support.shop import SECOND, fill_in, line, order, orders_page, shop, totals
from .support.waiting import eventually

Invite = Callable[..., Person]
NewClient = Callable[[Server | FlakyProxy], HttpClient]
LIST = "/admin/shop/order/"


def test_an_order_and_its_transitions_show_everywhere_within_a_second(person: Invite, server: Server) -> None:
    staff, buyer = person(server).sign_in("staff"), person(server).sign_in("member")
    tabs = [orders_page(staff), orders_page(staff.tab())]
    shop(buyer)
    second = shop(buyer.tab())
    fill_in(buyer, "A kettle", "1234.50").click()
    for tab in tabs:
        expect(line(tab, "A kettle")).to_contain_text("1,234.50 EUR", timeout=SECOND)
        expect(line(tab, "A kettle")).to_contain_text("New")
    expect(line(second, "A kettle")).to_contain_text("New", timeout=SECOND)
    expect(buyer.page.get_by_text("is placed: A kettle")).to_be_visible()
    line(tabs[0], "A kettle").get_by_role("button", name="Accept").click()
    for tab in (*tabs, buyer, second):
        expect(line(tab, "A kettle")).to_contain_text("Accepted", timeout=SECOND)
    expect(line(second, "A kettle").get_by_role("button")).to_have_count(0)
    line(tabs[1], "A kettle").get_by_role("button", name="Finish").click()
    for tab in (*tabs, second):
        expect(line(tab, "A kettle")).to_contain_text("Done", timeout=SECOND)


def test_the_totals_are_those_of_the_open_orders(person: Invite, new_deployment: Callable[..., Deployment]) -> None:
    server = new_deployment().start_server()
    staff, other = orders_page(person(server).sign_in("staff")), HttpClient(server.url).sign_in("other")
    before = totals(staff)
    order(other, "A second pot", amount="0.50", currency="USD")
    expect(line(staff, "A second pot")).to_be_visible()
    assert totals(staff) == before | {"New": str(int(before["New"]) + 1), "Open in USD": "0.50"}
    order(other, "A third pot", amount="1234", currency="USD")
    expect(line(staff, "A third pot")).to_be_visible()
    line(staff, "A second pot").get_by_role("button", name="Accept").click()
    expect(line(staff, "A second pot")).to_contain_text("Accepted")
    more = {"New": str(int(before["New"]) + 1), "Accepted": str(int(before["Accepted"]) + 1), "Open in USD": "1,234.50"}
    assert totals(staff) == before | more
    line(staff, "A third pot").get_by_role("button", name="Cancel").click()
    expect(line(staff, "A third pot")).to_contain_text("Cancelled")
    assert totals(staff) == before | {"Accepted": more["Accepted"], "Open in USD": "0.50"}


def test_an_order_alerts_buyer_and_staff_and_its_transitions_resolve_that(person: Invite, server: Server) -> None:
    staff, buyer = person(server).sign_in("staff"), person(server).sign_in("other")
    of_staff = [staff.go("/admin/"), orders_page(staff.tab()), staff.tab().go("/")]
    of_buyer = [shop(buyer), buyer.tab().go("/accounts/profile/")]
    for tab in (*of_staff, *of_buyer):
        expect(tab.page.locator("#bell-met")).to_have_value("1")
    was, had = unseen(of_staff[0]), unseen(of_buyer[0])
    fill_in(buyer, "Announced").click()
    for tab in of_staff:
        eventually(lambda tab=tab: unseen(tab) == was + 1, 1.5, "the staff's count")
    for tab in of_buyer:
        eventually(lambda tab=tab: unseen(tab) == had + 1, 1.5, "the buyer's count")
    line(of_staff[1], "Announced").get_by_role("button", name="Accept").click()
    for tab in of_staff:
        eventually(lambda tab=tab: unseen(tab) == was, 1.5, "the staff's count, resolved")
    assert [unseen(tab) for tab in of_buyer] == [had + 1] * 2
    alert = opened(of_buyer[1]).page.locator("#bell-lines")
    expect(alert).to_contain_text(re.compile(r"Order \d+ is accepted"))
    expect(alert).not_to_contain_text("is placed")
    alert.get_by_role("link", name=re.compile("is accepted")).first.click()
    expect(of_buyer[1].page.get_by_role("heading", name=re.compile("^Order"))).to_be_visible()
    expect(of_buyer[1].page.locator(".facts")).to_contain_text("Announced")


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
    staff.page.keyboard.press("Enter")
    expect(line(staff, "The one in hand")).to_contain_text("Accepted")
    expect(line(staff, "One that comes meanwhile")).to_contain_text("New")


def test_a_buyer_cancels_while_it_is_new(person: Invite, server: Server) -> None:
    staff, buyer = orders_page(person(server).sign_in("staff")), shop(person(server).sign_in("other"))
    fill_in(buyer, "Not after all").click()
    line(buyer, "Not after all").get_by_role("button", name="Cancel").click()
    for tab in (buyer, staff):
        expect(line(tab, "Not after all")).to_contain_text("Cancelled", timeout=SECOND)


def test_staff_in_the_admin_and_on_the_page_see_to_the_same_orders(
    person: Invite, server: Server, http_client: NewClient
) -> None:
    member = http_client(server).sign_in("member")
    numbers = [order(member, f"For the admin {n}") for n in range(2)]
    staff, buyer = person(server).sign_in("staff"), shop(person(server).sign_in("member"))
    page, admin = orders_page(staff.tab()), staff.go(f"{LIST}?q=For+the+admin")
    admin.page.locator("#action-toggle").check()
    admin.page.locator("select[name=action]").select_option("accept")
    admin.page.get_by_role("button", name="Go", exact=True).click()
    expect(admin.page.get_by_text("2 of 2 done.")).to_be_visible()
    for tab in (page, buyer):
        for n in range(2):
            expect(line(tab, f"For the admin {n}")).to_contain_text("Accepted")
    staff.go(f"{LIST}{numbers[0]}/delete/").page.locator("main form [type=submit], form [type=submit]").last.click()
    for tab in (page, buyer):
        expect(line(tab, "For the admin 0")).to_have_count(0)


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
    numbers = deployment.rows("SELECT id FROM shop_order WHERE item = %s", "Once only")
    assert len(numbers) == 1
    alerts = deployment.rows("SELECT count(*) FROM alerts_alert WHERE about = %s", f"shop.order:{numbers[0][0]}")
    assert alerts == [(2,)], "one to the buyer and one to staff"


def test_without_script_orders_are_placed_and_accepted(person: Invite, server: Server) -> None:
    buyer = person(server, java_script_enabled=False).sign_in("member").go("/shop/")
    fill_in(buyer, "By plain forms").click()
    expect(line(buyer, "By plain forms")).to_contain_text("New")
    staff = person(server, java_script_enabled=False).sign_in("staff").go("/shop/orders/")
    line(staff, "By plain forms").get_by_role("button", name="Accept").click()
    expect(staff.page.get_by_text(re.compile(r"Order \d+ is accepted\."))).to_be_visible()
    expect(line(staff, "By plain forms")).to_contain_text("Accepted")


def test_what_wants_to_be_more_than_text_stays_text(person: Invite, server: Server, http_client: NewClient) -> None:
    staff = orders_page(person(server).sign_in("staff"))
    words = "<img src=x onerror=alert(1)> <b hx-get='/hit' hx-trigger='load'>x</b>"
    order(http_client(server).sign_in("other"), words, note="</td></table><script>alert(2)</script>")
    expect(line(staff, words)).to_contain_text("<script>alert(2)</script>")
    assert not staff.dialogs
    assert not [line for line in staff.requests if "/hit" in line]
