"""As it runs in production: two uvicorn processes and a worker over one PostgreSQL and one Redis."""

import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .support.bell import alerts, bell, count, opened, toasts, unseen, with_lines
from .support.deployments import ROOT, Builder, Deployment
from .support.http_client import HttpClient
from .support.imports import csv_file, under_way, upload, wait_for_words
from .support.people import Person
from .support.processes import Process
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.shop import order, orders_page
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
WORKER = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]  # what `make worker` runs
TICK = "60"  # seconds: whatever is here sooner came by a hint
AT_ONCE = 10.0
SLOW_NOTIFY = """
import os, time
from contextlib import suppress
from django.contrib.auth import get_user_model
from django.db import transaction
from alerts import Role, notify

class No(Exception):
    pass

with suppress(No), transaction.atomic():
    notify(Role("staff"), "parcel", "Never told")
    raise No
with transaction.atomic():
    notify(Role("staff"), "parcel", "Told by a slow view")
    notify(get_user_model().objects.get(username="staff"), "parcel", "And to one alone")
    print("told", flush=True)
    while not os.path.exists(os.environ["PARLOUR_VAR"] + "/commit"):
        time.sleep(0.05)
print("committed", flush=True)
"""


@pytest.fixture(scope="module")
def deployment(builder: Builder, module_deployment: Callable[..., Deployment]) -> Iterator[Deployment]:
    redis = Redis(builder.folder)
    deployment = module_deployment(postgres=True, redis_url=redis.url(), PARLOUR_TICK=TICK)
    worker = Process(WORKER, log=deployment.var / "worker.log", env=deployment.env, cwd=ROOT)
    for _ in range(2):
        deployment.start_server("uvicorn")
    yield deployment
    worker.kill()
    redis.kill()


def unread(tab: Tab) -> list[str]:
    return tab.page.locator("#bell-lines .pl-alert.pl-unread .pl-what").all_text_contents()


def counts(tabs: list[Tab], number: int) -> None:
    everywhere(tabs, lambda tab: unseen(tab) == number, f"{number} unseen")


def everywhere(tabs: list[Tab], is_so: Callable[[Tab], bool], what: str) -> None:
    """Until it is so in all tabs; long before a tick."""
    eventually(lambda: all(is_so(tab) for tab in tabs), AT_ONCE, what)


def test_people_at_two_processes_see_each_other_and_what_they_say(deployment: Deployment, person: Invite) -> None:
    here, there = deployment.servers
    member = person(here).sign_in("member").open_room("lobby")
    other = person(there).sign_in("other").open_room("lobby")
    for tab in (member, other):
        tab.sees_people("member", "other")
    member.box.press_sequentially("typed here")
    expect(other.page.locator(f"#{other.key}-typing span", has_text="member")).to_be_visible()
    member.send()
    other.sees("typed here").say("and there")
    for tab in (member, other):
        tab.sees_in_order(["typed here", "and there"]).equals_a_fresh_page()
    assert deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq") == [("typed here",), ("and there",)]


def test_who_signs_out_at_one_process_is_cut_off_at_the_other(deployment: Deployment) -> None:
    here, there = (server.url for server in deployment.servers)
    member = HttpClient(here).sign_in("member")
    rooms = [RoomSocket(member.at(url), "team").hello() for url in (here, there)]
    member.post("/accounts/logout/", {})
    assert [room.closed() for room in rooms] == [4001] * 2


def test_what_one_does_about_an_alert_in_one_place_is_so_in_all_at_once(deployment: Deployment, person: Invite) -> None:
    here, there = deployment.servers
    member, staff = HttpClient(here.url).sign_in("member"), person(here).sign_in("staff")
    admin, page = bell(staff, "/admin/shop/order/"), bell(orders_page(staff.tab()))
    listed, device = bell(staff.tab(), "/alerts/"), bell(person(there).sign_in("staff"), "/rooms/team/")
    tabs = [with_lines(admin), with_lines(page), with_lines(listed), opened(device)]
    counts(tabs, 0)
    order(member, "To put away")
    counts(tabs, 1)
    opened(admin)
    counts(tabs, 0)
    everywhere(tabs, lambda tab: len(unread(tab)) == 1, "seen is not read")
    admin.page.get_by_role("button", name="Mark read: New order: To put away").click()
    everywhere(tabs, lambda tab: not unread(tab), "read in one is read in all")
    expect(listed.page.locator("main .pl-alert.pl-unread")).to_have_count(0)
    device.page.get_by_role("button", name="Archive: New order: To put away").click()
    everywhere(tabs, lambda tab: not alerts(tab).count(), "archived in one is gone from all")
    expect(listed.page.locator("main .pl-what", has_text="To put away")).to_have_count(0)
    device.page.locator("#bell-done").get_by_role("button", name="Undo").click()  # in its open card
    everywhere(tabs, lambda tab: alerts(tab).count() == 1, "undone in one is back in all")
    expect(listed.page.locator("main .pl-what", has_text="To put away")).to_be_visible()
    order(member, "To be read with all")
    everywhere(tabs, lambda tab: len(unread(tab)) == 1, "one more")
    with_lines(bell(listed, "/alerts/"))  # all that it shows is marked, so it has to show it
    listed.page.locator("main").get_by_role("button", name="Mark all read").click()
    everywhere(tabs, lambda tab: not unread(tab), "all read in one is all read everywhere")
    toasts(listed).get_by_role("button", name="Undo").last.click()
    everywhere(tabs, lambda tab: len(unread(tab)) == 1, "and undone")


def test_a_slow_transaction_tells_after_its_commit_and_delays_nobody(deployment: Deployment, person: Invite) -> None:
    here, there = deployment.servers
    staff, member = with_lines(bell(person(here).sign_in("staff"), "/")), HttpClient(there.url).sign_in("member")
    before = unseen(staff)
    program = deployment.command(SLOW_NOTIFY)
    eventually(lambda: "told" in program.tail(), 20)
    for number in range(3):
        order(member, f"Meanwhile {number}")
        count(staff, f"{before + number + 1}")
    assert "slow view" not in staff.page.content()
    (deployment.var / "commit").touch()
    eventually(lambda: "committed" in program.tail(), 15)
    count(staff, f"{before + 5}")
    titles = staff.page.locator("#bell-lines .pl-what").all_text_contents()
    assert {"Told by a slow view", "And to one alone"} <= set(titles)
    assert "Never told" not in staff.page.content()
    eventually(lambda: not program.alive, 10)


def test_a_worker_imports_while_one_watches(deployment: Deployment, person: Invite) -> None:
    here, there = deployment.servers
    member, elsewhere = person(here).sign_in("member"), bell(person(there).sign_in("member"), "/")
    upload(member, csv_file(6_000, bad=400), "pots.csv")
    with deployment.orders_held():
        under_way(member.page.locator("main progress"), elsewhere.page.locator("#bell-jobs progress"))
    wait_for_words(member, "Done: 5,985 orders are in, 15 rows were rejected.")
    expect(elsewhere.page.locator("#bell")).to_contain_text("Import of pots.csv: done")
    orders = "SELECT count(*), count(DISTINCT item) FROM shop_order WHERE item LIKE %s"
    assert deployment.rows(orders, "Pot %") == [(5_985, 5_985)]
