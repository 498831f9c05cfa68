"""An order, from its slip to everybody it concerns: buyer, staff on their page, staff in the admin, further tabs."""

import re
import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import unseen
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.orders import Orders
from .support.people import Person
from .support.room_socket import dial, until_closed
from .support.servers import Server
from .support.shop import SECOND, fill_in, line, order, orders_page, shop, totals
from .support.waiting import eventually, holds, pause

Invite = Callable[..., Person]
NewClient = Callable[[Server | FlakyProxy], HttpClient]
OPEN_ALERTS = "SELECT count(*) FROM alerts_alert WHERE about = %s AND audience LIKE %s AND settled IS NULL"
LIST = "/admin/shop/order/"


def test_an_order_and_its_steps_show_everywhere_within_a_second(person: Invite, server: Server) -> None:
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


def test_an_order_rings_where_buyer_and_staff_are_and_is_settled_by_its_steps(person: Invite, server: Server) -> None:
    staff, buyer = person(server).sign_in("staff"), person(server).sign_in("other")
    of_staff = [staff.go("/admin/"), orders_page(staff.tab()), staff.tab().go("/")]
    of_buyer = [shop(buyer), buyer.tab().go("/accounts/profile/")]
    for tab in (*of_staff, *of_buyer):
        expect(tab.page.locator("#bell-met")).to_have_value("1")
    was, had = unseen(of_staff[0]), unseen(of_buyer[0])
    fill_in(buyer, "Rung for").click()
    for tab in of_staff:
        eventually(lambda tab=tab: unseen(tab) == was + 1, 1.5, "the staff's count")
    for tab in of_buyer:
        eventually(lambda tab=tab: unseen(tab) == had + 1, 1.5, "the buyer's count")
    line(of_staff[1], "Rung for").get_by_role("button", name="Accept").click()
    for tab in of_staff:
        eventually(lambda tab=tab: unseen(tab) == was, 1.5, "the staff's count, settled")
    alert = of_buyer[1].page.locator("#bell-lines")
    expect(alert).to_contain_text(re.compile(r"Order \d+ is accepted"))
    expect(alert).not_to_contain_text("is placed")
    assert [unseen(tab) for tab in of_buyer] == [had + 1] * 2
    of_buyer[1].page.get_by_label("Alerts").first.click()
    alert.get_by_role("link", name=re.compile("is accepted")).first.click()
    expect(of_buyer[1].page.get_by_role("heading", name=re.compile("^Order"))).to_be_visible()
    expect(of_buyer[1].page.locator(".facts")).to_contain_text("Rung for")


def test_who_works_through_the_list_is_not_thrown_off_by_what_comes(
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


def test_several_pressed_in_a_row_are_all_accepted(person: Invite, server: Server, http_client: NewClient) -> None:
    buyer, names = http_client(server).sign_in("staff"), [f"Quick {number}" for number in range(4)]
    for name in names:
        order(buyer, name)
    staff = orders_page(person(server).sign_in("staff"))
    for name in names:
        line(staff, name).get_by_role("button", name="Accept").click()
    for name in names:
        expect(line(staff, name)).to_contain_text("Accepted")


def test_a_buyer_cancels_while_it_is_new(person: Invite, server: Server, deployment: Deployment) -> None:
    staff, buyer = orders_page(person(server).sign_in("staff")), shop(person(server).sign_in("other"))
    fill_in(buyer, "Not after all").click()
    row = line(buyer, "Not after all")
    number = row.locator("td").first.inner_text()
    assert _told(deployment, number, "staff") == 1
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Cancelled", timeout=SECOND)
    expect(line(staff, "Not after all")).to_contain_text("Cancelled", timeout=SECOND)
    assert _told(deployment, number, "%") == 0


def test_staff_in_the_admin_and_on_the_page_see_to_the_same_orders(
    person: Invite, server: Server, deployment: Deployment, http_client: NewClient
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
    assert [_told(deployment, number, "staff") for number in numbers] == [0, 0]
    assert [_told(deployment, number, "user.%") for number in numbers] == [1, 1]
    staff.go(f"{LIST}{numbers[0]}/delete/").page.locator("main form [type=submit], form [type=submit]").last.click()
    expect(line(page, "For the admin 0")).to_have_count(0)
    expect(line(buyer, "For the admin 0")).to_have_count(0)
    assert _told(deployment, numbers[0], "%") == 0


def test_the_same_slip_sent_many_times_at_once_is_one_order(
    server: Server, deployment: Deployment, http_client: NewClient
) -> None:
    member = http_client(server).sign_in("member")
    member.get("/shop/")
    slip = {"item": "Once only", "amount": "1", "currency": "EUR", "slip": "pressed-twice"}
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(member.at(server.url).post("/shop/", slip).status))
        for _ in range(6)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert answers == [302] * 6
    numbers = deployment.rows("SELECT id FROM shop_order WHERE item = %s", "Once only")
    assert len(numbers) == 1
    assert _told(deployment, numbers[0][0], "%") == 2


def test_without_script_orders_are_placed_and_seen_to(person: Invite, server: Server) -> None:
    buyer = person(server, java_script_enabled=False).sign_in("member").go("/shop/")
    fill_in(buyer, "By plain forms").click()
    expect(line(buyer, "By plain forms")).to_contain_text("New")
    staff = person(server, java_script_enabled=False).sign_in("staff").go("/shop/orders/")
    line(staff, "By plain forms").get_by_role("button", name="Accept").click()
    expect(staff.page.get_by_text(re.compile(r"Order \d+ is accepted\."))).to_be_visible()
    expect(line(staff, "By plain forms")).to_contain_text("Accepted")


BAD = [
    {"item": ""},
    {"item": "\u200b"},
    {"item": "x" * 121},
    {"amount": ""},
    {"amount": "0"},
    {"amount": "-1"},
    {"amount": "1e9"},
    {"amount": "NaN"},
    {"amount": "12.505"},
    {"amount": "1,234.50"},
    {"amount": "10000.01"},
    {"amount": "9" * 400},
    {"amount": "1.50", "currency": "JPY"},
    {"currency": "XXX"},
    {"note": "x" * 501},
]


@pytest.mark.parametrize("changes", BAD, ids=[str(bad)[:40] for bad in BAD])
def test_what_is_wrong_on_a_slip_is_said_beside_it(
    changes: dict[str, str], server: Server, deployment: Deployment, http_client: NewClient
) -> None:
    other = http_client(server).sign_in("other")
    other.get("/shop/")
    count = "SELECT (SELECT count(*) FROM shop_order), (SELECT count(*) FROM alerts_alert)"
    before = deployment.rows(count)
    slip = {"item": "Kept", "amount": "1", "currency": "EUR", "note": "kept too", "slip": "s"}
    answer = other.post("/shop/", slip | changes)
    assert answer.status == 422
    wrong = [node for node in answer.page.find(class_="error") if node.text.endswith(".")]
    assert len(wrong) == 1, answer.page.text
    kept = {node.attrs.get("value") for node in answer.page.find("input")}
    kept |= {node.text for node in answer.page.find("textarea")}
    assert {text for name, text in slip.items() if name in ("item", "note") and name not in changes} <= kept
    assert deployment.rows(count) == before


def test_what_wants_to_be_more_than_text_stays_text(person: Invite, server: Server, http_client: NewClient) -> None:
    staff = orders_page(person(server).sign_in("staff"))
    words = "<img src=x onerror=alert(1)> <b hx-get='/hit' hx-trigger='load'>x</b>"
    order(http_client(server).sign_in("other"), words, note="</td></table><script>alert(2)</script>")
    expect(line(staff, words)).to_contain_text("<script>alert(2)</script>")
    assert not staff.dialogs
    assert not [line for line in staff.requests if "/hit" in line]


def test_anothers_order_is_not_there(server: Server, deployment: Deployment, http_client: NewClient) -> None:
    number = order(http_client(server).sign_in("member"), "None of your business")
    for stranger in (http_client(server).sign_in("other"), http_client(server).be_guest("Nosy")):
        stranger.get("/shop/")
        answer = stranger.get(f"/shop/orders/{number}/")
        assert (answer.status, "None of your business" in answer.text) == (404, False)
        for step in ("accept", "finish", "cancel"):
            assert stranger.post(f"/shop/orders/{number}/{step}/", {}).status == 404
        assert stranger.get("/shop/orders/").status == 403
        assert stranger.get("/shop/orders/panel/").status == 403
        assert _refused(stranger) == 4003
    assert _refused(http_client(server)) == 4001
    assert deployment.rows("SELECT status FROM shop_order WHERE id = %s", number) == [("new",)]


def test_two_who_accept_the_same_order_make_one_step(
    server: Server, deployment: Deployment, http_client: NewClient
) -> None:
    number, staff = order(http_client(server).sign_in("other"), "Wanted by two"), http_client(server).sign_in("staff")
    answers = [staff.post(f"/shop/orders/{number}/accept/", {}) for _ in range(2)]
    assert [answer.status for answer in answers] == [302, 302]
    assert f"Order {number} is accepted already." in staff.get("/shop/orders/").page.text
    assert _told(deployment, number, "user.%") == 1


def test_more_than_a_minute_allows_is_refused_in_words(new_deployment: Callable[..., Deployment]) -> None:
    other = HttpClient(new_deployment().start_server().url).sign_in("other")
    answers = []
    other.get("/shop/")
    for number in range(12):
        slip = {"item": f"Pot {number}", "amount": "1", "currency": "EUR", "slip": str(number)}
        answers.append(other.post("/shop/", slip))
    assert {answer.status for answer in answers} == {302, 422}
    assert "Wait a minute" in answers[-1].page.text


def test_a_page_whose_connection_was_cut_is_right_again(
    person: Invite, server: Server, http_client: NewClient, flaky_proxy: Callable[..., FlakyProxy]
) -> None:
    wire = flaky_proxy(server)
    staff = orders_page(person(wire).sign_in("staff"))
    wire.cut()
    order(http_client(server).sign_in("member"), "While you were away")
    holds(lambda: not line(staff, "While you were away").count(), 1)
    wire.mend()
    expect(line(staff, "While you were away")).to_be_visible(timeout=30 * SECOND)


@pytest.mark.faults
def test_two_hundred_staff_are_told_by_one_order(new_deployment: Callable[..., Deployment]) -> None:
    server = new_deployment().start_server("uvicorn")
    staff, member = HttpClient(server.url).sign_in("staff"), HttpClient(server.url).sign_in("member")
    html = staff.get("/shop/orders/").text
    pages = [Orders(staff, html=html).hello() for _ in range(200)]
    for page in pages:
        page.frames.clear()
    arrivals: list[float] = []

    def listen(page: Orders) -> None:
        page.shows("For two hundred", within=20)
        arrivals.append(time.monotonic())

    threads = [threading.Thread(target=listen, args=(page,)) for page in pages]
    for each in threads:
        each.start()
    pause(0.5)
    slip = {"item": "For two hundred", "amount": "1", "currency": "EUR", "slip": "s"}
    member.get("/shop/")
    assert member.post("/shop/", slip).status == 302
    placed = time.monotonic()
    for each in threads:
        each.join()
    assert len(arrivals) == 200
    news = [[frame for frame in page.frames if "For two hundred" in frame] for page in pages]
    assert all(len(frames) == 1 for frames in news), "somebody was told twice"
    assert len({frames[0] for frames in news}) == 1, "it was not the same text for all"
    assert max(arrivals) - placed < 3, f"the last heard it after {max(arrivals) - placed:.1f} s"


def _told(deployment: Deployment, number: object, audience: str) -> int:
    """How many alerts about this order are open for an audience; "%" stands for anything."""
    return int(deployment.rows(OPEN_ALERTS, f"shop.order:{number}", audience)[0][0])


def _refused(client: HttpClient) -> int:
    """The close code at the staff's socket, after the one fragment that says why."""
    heard, code = until_closed(dial(client.url, "/ws/shop/orders/", client.cookies))
    assert len(heard) == 1
    assert "<a " in heard[0]
    return code
