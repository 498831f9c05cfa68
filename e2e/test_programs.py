"""Programs beside the servers tell people things: in slow transactions, in vain, and a thousand at once."""

import time
from collections.abc import Callable

import pytest

from .support import background_scripts
from .support.bell import alerts, bell, count, opened, unseen, with_lines
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.shop import order
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]


def test_a_slow_transaction_tells_after_its_commit_and_delays_nobody(cluster: Deployment, person: Invite) -> None:
    staff = with_lines(bell(person(cluster.servers[0]).sign_in("staff"), "/"))
    member = HttpClient(cluster.servers[1].url)
    member.sign_in("member")
    program = cluster.command(background_scripts.SLOW_NOTIFY)
    eventually(lambda: "told" in program.tail(), 20)
    started = time.monotonic()
    for number in range(3):
        order(member, f"Meanwhile {number}")
        count(staff, f"{number + 1}", within=1)
    assert "committed" not in program.tail(), "the transaction was not slow enough to prove anything"
    assert time.monotonic() - started < 5
    assert "slow view" not in staff.page.content()
    eventually(lambda: "committed" in program.tail(), 15)
    count(staff, "5", within=1.5)
    expect_lines(staff, "Told by a slow view", "And to one alone")
    assert "Never told" not in staff.page.content()
    eventually(lambda: not program.alive, 10)
    assert cluster.rows("SELECT count(*) FROM alerts_alert WHERE title = 'Never told'") == [(0,)]


@pytest.mark.faults
def test_a_thousand_at_once_are_one_line_and_a_quick_page(cluster: Deployment, person: Invite) -> None:
    staff = bell(person(cluster.servers[0]).sign_in("staff"), "/rooms/team/")
    program = cluster.command(background_scripts.THOUSAND)
    eventually(lambda: "told" in program.tail(), 60)
    eventually(lambda: unseen(staff) == 1000, 6, "the true number")
    count(staff, "99+")
    opened(staff)
    assert alerts(staff).count() == 1
    for path in ("/", "/alerts/", "/admin/"):
        started = time.monotonic()
        bell(staff, path)
        assert time.monotonic() - started < 3, f"{path} took {time.monotonic() - started:.1f} s"
    opened(staff).page.get_by_role("button", name="Mark all read").click()
    eventually(lambda: not unseen(staff), 3, "all read")


def expect_lines(tab: Tab, *titles: str) -> None:
    found = tab.page.locator("#bell-lines .pl-what").all_text_contents()
    assert set(titles) <= set(found), found
