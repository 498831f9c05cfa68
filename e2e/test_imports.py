"""Orders from a file, as their sender sees it happen: on its page, in a second tab, in the bell, without script."""

import csv
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from .support.bell import opened
from .support.deployments import ROOT, Deployment
from .support.people import Person
from .support.processes import Process
from .support.redis import Redis
from .support.servers import Server
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
SECOND = 1_000  # milliseconds
HEAD = "item,amount,currency,note,reference\n"
ORDERS = "SELECT count(*), count(DISTINCT idempotency_key) FROM shop_order WHERE idempotency_key LIKE %s"


def csv_file(rows: int, bad: int = 0) -> str:
    """A file of so many rows; every `bad`-th is rejected."""
    lines = (f"Pot {n},{'-' if bad and n % bad == 0 else ''}1.50,EUR,by Friday,\n" for n in range(1, rows + 1))
    return HEAD + "".join(lines)


def upload(tab: Tab, text: str, name: str = "orders.csv") -> Tab:
    """Send a file by the form; the page that the browser then shows."""
    tab.go("/shop/imports/")
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    tab.page.get_by_label("CSV file").set_input_files([file])  # type: ignore[list-item]
    tab.page.get_by_role("button", name="Import", exact=True).click()
    tab.page.wait_for_load_state()
    return tab


def bar(tab: Tab) -> Locator:
    """The bar of the import's own page."""
    return tab.page.locator("main progress")


def value(progress: Locator) -> float:
    return float(progress.first.get_attribute("value") or 0) if progress.count() else 0


def wait_until_moving(*bars: Locator) -> None:
    """Wait until each of these bars was seen to move."""
    stood = [value(each) for each in bars]
    for each, before in zip(bars, stood, strict=True):
        eventually(lambda each=each, before=before: value(each) > before, 20, "a bar that moves")


def wait_for_words(tab: Tab, words: str, within: float = 40) -> None:
    """Wait until the words beside the bar are these."""
    expect(tab.page.locator("main .pl-job-words")).to_contain_text(words, timeout=within * SECOND)


def press(tab: Tab, name: str) -> None:
    tab.page.locator("main").get_by_role("button", name=name).click()


def count(tab: Tab, name: str) -> int:
    """A figure above the rejected rows."""
    words = tab.page.locator(".totals > div", has_text=name).locator("dd").inner_text()
    return int(words.replace(",", ""))


def test_an_import_is_seen_to_move_in_two_tabs_and_in_the_bell(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member, staff = person(server).sign_in("member"), person(server).sign_in("staff")
    upload(member, csv_file(16_000), "spring.csv")
    second, elsewhere = member.tab().go(member.page.url.removeprefix(member.url)), member.tab().go("/")
    wait_until_moving(bar(member), bar(second), elsewhere.page.locator("#bell-jobs progress"))
    before = value(bar(member))
    second.page.reload()
    assert value(bar(second)) >= before
    expect(bar(second)).to_have_attribute("aria-valuetext", re.compile(r"\d+ %, [\d,]+ of 16,000"))
    for tab in (member, second):
        wait_for_words(tab, "Done: 16,000 orders are in.")
        expect(tab.page.locator(".totals")).to_contain_text("16,000")
    expect(elsewhere.page.locator("#bell-jobs progress")).to_have_count(0)
    expect(opened(elsewhere).page.locator("#bell-lines")).to_contain_text("Import of spring.csv: done")
    staff.go("/")
    expect(opened(staff).page.locator("#bell-lines")).to_contain_text("16,000 new orders from an import")
    assert staff.page.locator("#bell-lines li", has_text="import").count() == 1
    member.page.get_by_role("link", name="The orders it brought").click()
    expect(member.page.locator("table.ledger tbody tr")).to_have_count(50)
    staff.go("/shop/orders/")
    expect(staff.page.locator(".totals")).to_contain_text("New")
    assert count(staff, "New") >= 16_000


def test_rejected_rows_stand_there_while_it_runs_and_come_as_a_file(
    person: Invite, server: Server, tmp_path: Path
) -> None:
    other = upload(person(server).sign_in("other"), csv_file(8_000, bad=20), "half-good.csv")
    expect(other.page.get_by_role("table", name="Rejected rows").locator("tbody tr").first).to_contain_text(
        "amount: It has to be more than nothing."
    )
    wait_for_words(other, "Done: 7,600 orders are in, 400 rows were rejected.")
    expect(other.page.get_by_role("table", name="Rejected rows").locator("tbody tr")).to_have_count(100)
    expect(other.page.locator("main")).to_contain_text("The first 100 stand here; the CSV file has them all.")
    with other.page.expect_download() as download:
        other.page.get_by_role("link", name="Rejected rows as a CSV file").click()
    download.value.save_as(tmp_path / "rejected.csv")
    rows = list(csv.reader((tmp_path / "rejected.csv").open(encoding="utf-8-sig", newline="")))
    assert rows[0] == ["line", "reason", "item", "amount", "currency", "note", "reference"]
    assert [row[0] for row in rows[1:]] == [str(n + 1) for n in range(20, 8_001, 20)]
    assert {row[3] for row in rows[1:]} == {"'-1.50"}


def test_what_was_cancelled_is_gone_on_with_and_no_order_comes_twice(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    member = upload(person(server).sign_in("member"), csv_file(12_000), "changed-my-mind.csv")
    second = member.tab().go(member.page.url.removeprefix(member.url))
    number = member.page.url.rstrip("/").rpartition("/")[2]
    wait_until_moving(bar(member))
    press(member, "Cancel")
    for tab in (member, second):
        wait_for_words(tab, "Cancelled.")
    part = deployment.rows(ORDERS, f"import:{number}:%")[0][0]
    assert 0 < part < 12_000
    assert count(member, "Orders") == part
    press(second, "Retry")
    for tab in (member, second):
        wait_for_words(tab, "Done: 12,000 orders are in.")
    assert deployment.rows(ORDERS, f"import:{number}:%") == [(12_000, 12_000)]


def test_a_file_that_is_rejected_is_told_why_beside_the_field(person: Invite, server: Server) -> None:
    member = upload(person(server).sign_in("member"), "item;amount;currency\nTea;1;EUR\n")
    expect(member.page.locator(".import-form .error")).to_contain_text("with commas: item, amount, currency")
    expect(member.page.get_by_label("CSV file")).to_have_attribute("aria-invalid", "true")


def test_it_works_without_script(person: Invite, server: Server) -> None:
    member = person(server, java_script_enabled=False).sign_in("member")
    upload(member, csv_file(8_000, bad=100), "plain.csv")
    assert value(bar(member)) < 100
    with member.page.expect_navigation():
        press(member, "Cancel")

    def reads(words: str) -> bool:
        member.page.reload()
        return words in member.page.locator("main .pl-job-words").inner_text()

    eventually(lambda: reads("Cancelled."), 20, "the cancellation")
    with member.page.expect_navigation():
        press(member, "Retry")
    eventually(lambda: reads("Done: 7,920 orders are in, 80 rows were rejected."), 40, "its end")
    expect(member.page.get_by_role("table", name="Rejected rows").locator("tbody tr")).to_have_count(80)


@pytest.mark.faults
def test_a_worker_that_is_killed_is_seen_to_stall_and_another_goes_on(
    person: Invite, new_deployment: Callable[..., Deployment], redis: Redis
) -> None:
    clocks = {"PARLOUR_LEASE": "4", "PARLOUR_RENEW": "1"}
    deployment = new_deployment(postgres=True, redis_url=redis.url(), **clocks)
    server = deployment.start_server("uvicorn")
    worker = _worker(deployment)
    member = upload(person(server).sign_in("member"), csv_file(16_000), "killed.csv")
    second = member.tab().go(member.page.url.removeprefix(member.url))
    number = member.page.url.rstrip("/").rpartition("/")[2]
    eventually(lambda: value(bar(member)) >= 20, 40, "a fifth of it")
    worker.end(signal.SIGKILL)
    for tab in (member, second):
        wait_for_words(tab, "Stalled", within=15)
    part = deployment.rows(ORDERS, f"import:{number}:%")[0][0]
    assert 0 < part < 16_000
    worker = _worker(deployment)
    press(member, "Retry")
    for tab in (member, second):
        wait_for_words(tab, "Done: 16,000 orders are in.", within=60)
    assert deployment.rows(ORDERS, f"import:{number}:%") == [(16_000, 16_000)]
    worker.end(signal.SIGTERM)


def _worker(deployment: Deployment) -> Process:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]
    return Process(command, log=deployment.var / "worker.log", env=deployment.env, cwd=ROOT)
