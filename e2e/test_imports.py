"""Orders from a file, as their sender sees it happen: on its page, in a second tab, in the bell, without script."""

import csv
import re
from collections.abc import Callable

from playwright.sync_api import expect

from .support.bell import bell, opened
from .support.deployments import Deployment
from .support.imports import csv_file, figure, press, under_way, upload, wait_for_words
from .support.people import Person
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]
ORDERS = "SELECT count(*), count(DISTINCT idempotency_key) FROM shop_order WHERE idempotency_key LIKE %s"


def test_an_import_is_seen_to_move_in_two_tabs_and_in_the_bell_and_its_rejected_rows_come_as_a_file(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member, staff = person(server).sign_in("member"), person(server).sign_in("staff")
    elsewhere = bell(member.tab(), "/")
    upload(member, csv_file(6_000, bad=20), "spring.csv")
    bar, in_bell = member.page.locator("main progress"), elsewhere.page.locator("#bell-jobs progress")
    with deployment.orders_held():
        under_way(bar)
        second = member.tab().go(member.page.url.removeprefix(member.url))
        under_way(second.page.locator("main progress"), in_bell)
        words = re.compile(r"\d+ %, [\d,]+ of 6,000")
        expect(second.page.locator("main progress")).to_have_attribute("aria-valuetext", words)
        rejected = second.page.get_by_role("table", name="Rejected rows")
        expect(rejected.locator("tbody tr").first).to_contain_text("amount: It must not be less than nothing.")
    for tab in (member, second):
        wait_for_words(tab, "Done: 5,700 orders are in, 300 rows were rejected.")
    expect(rejected.locator("tbody tr")).to_have_count(100)
    expect(second.page.locator("main")).to_contain_text("The first 100 stand here; the CSV file has them all.")
    with second.page.expect_download() as download:
        second.page.get_by_role("link", name="Rejected rows as a CSV file").click()
    rows = list(csv.reader(download.value.path().open(encoding="utf-8-sig", newline="")))
    assert rows[0] == ["line", "reason", "item", "amount", "currency", "note", "reference"]
    assert [row[0] for row in rows[1:]] == [str(n + 1) for n in range(20, 6_001, 20)]
    assert {row[3] for row in rows[1:]} == {"'-1.50"}
    expect(in_bell).to_have_count(0)
    expect(opened(elsewhere).page.locator("#bell-lines")).to_contain_text("Import of spring.csv: done")
    member.page.get_by_role("link", name="The orders it brought").click()
    expect(member.page.locator("table.ledger tbody tr")).to_have_count(50)
    opened(bell(staff, "/shop/orders/"))
    expect(staff.page.locator("#bell-lines li", has_text="5,700 new orders from an import")).to_have_count(1)
    assert figure(staff, "New") >= 5_700
    accepted = figure(staff, "Accepted")
    expect(staff.page.locator("#orders-met")).to_have_value("1")
    staff.page.get_by_role("button", name="Accept order").first.press("Enter")  # the list is full without it
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_focused()
    eventually(lambda: figure(staff, "Accepted") == accepted + 1, 10, "the totals")
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_focused()


def test_what_was_cancelled_is_gone_on_with_without_script_and_no_order_comes_twice(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member, plain = person(server).sign_in("member"), person(server, java_script_enabled=False).sign_in("member")
    upload(member, csv_file(5_000, bad=100), "changed-my-mind.csv")
    path = member.page.url.removeprefix(member.url)
    imported = f"import:{path.rstrip('/').rpartition('/')[2]}:%"
    with deployment.orders_held(), member.page.expect_request("**/cancel/"):
        press(member, "Cancel")
    wait_for_words(member, "Cancelled.")
    expect(member.page.locator("main .pl-job-title")).to_be_focused()
    [(part, _)] = deployment.rows(ORDERS, imported)
    assert part < 4_950
    assert figure(member, "Orders") == part
    wait_for_words(plain.go(path), "Cancelled.")
    with plain.page.expect_navigation():
        press(plain, "Retry")
    done = "Done: 4,950 orders are in, 50 rows were rejected."
    wait_for_words(member, done)
    assert deployment.rows(ORDERS, imported) == [(4_950, 4_950)]
    plain.page.reload()
    wait_for_words(plain, done)
