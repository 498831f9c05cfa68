"""Those who operate the site see what it does, live; act on many jobs at once; and are told when something is wrong."""

import re
import sys
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .support.appearance import fits, is_accessible
from .support.bell import alerts, bell, opened, unseen
from .support.deployments import ROOT, Deployment
from .support.people import Person
from .support.processes import Process
from .support.redis import Redis
from .support.servers import Server
from .support.tabs import Tab
from .support.waiting import eventually

Invite = Callable[..., Person]
TOLD = 30.0  # seconds: a process is dead after 20 without a report, and others look every five
JOBS = """
from django.contrib.auth import get_user_model
from jobs import Job
of = {"owner": get_user_model().objects.get(username="member"), "kind": "by hand"}
for n in range(3):
    Job.objects.create(**of, title=f"Broken {n}", state="failed")
Job.objects.create(**of, title="Only once", again=False)
"""
ONE_MORE = JOBS.partition("for n")[0] + 'Job.objects.create(**of, title="One more")'


def status(tab: Tab) -> Tab:
    """The status page with sockets that have answered."""
    tab.go("/status/")
    for part in ("site_state", "site_jobs"):
        expect(tab.page.locator(f"#{part}-met")).to_have_value("1")
    return tab


def rows(tab: Tab, table: str) -> Locator:
    return tab.page.get_by_role("table", name=table).locator("tbody tr")


def test_sockets_processes_and_rooms_are_seen_live_by_day_and_night_and_on_a_phone(
    person: Invite, server: Server
) -> None:
    staff = status(person(server).sign_in("staff"))
    expect(rows(staff, "Processes")).to_contain_text("Running")
    expect(rows(staff, "Processes")).to_contain_text("daphne")
    calm = staff.page.locator("[role=status], [role=alert], [aria-live]").all_text_contents()
    member = person(server).sign_in("member").open_room("lobby")
    expect(rows(staff, "Sockets by room")).to_contain_text(re.compile(r"Lobby.*1"), timeout=15_000)
    member.say("something to count")
    expect(staff.page.get_by_role("img", name="Frames a second in the last hour")).to_be_visible()
    expect(staff.page.locator(".totals > div", has_text="Sockets").locator("dd")).not_to_have_text("0", timeout=15_000)
    said = staff.page.locator("[role=status], [role=alert], [aria-live]").all_text_contents()
    assert said == calm, "nothing of it is spoken"
    fits(staff, "staff-status-")
    is_accessible(staff)


def make_jobs(deployment: Deployment, script: str = JOBS) -> None:
    """Jobs of a kind that no process runs."""
    deployment.manage("shell", "-v0", "-c", script)


def test_what_was_chosen_stays_chosen_and_in_hand_while_the_page_follows(
    person: Invite, deployment: Deployment, server: Server
) -> None:
    make_jobs(deployment)
    staff = status(person(server).sign_in("staff"))
    box = staff.page.get_by_label(re.compile("Only once")).first
    box.focus()
    staff.page.keyboard.press("Space")
    make_jobs(deployment, ONE_MORE)
    expect(rows(staff, "Newest jobs").filter(has_text="One more")).to_be_visible(timeout=15_000)
    expect(box).to_be_checked()
    expect(box).to_be_focused()


def problems(deployment: Deployment, title: str) -> list[bool]:
    """Whether each alert of this title is resolved."""
    found = "SELECT resolved IS NOT NULL FROM parlour_alerts_alert WHERE kind = 'problem' AND title LIKE %s"
    return [bool(resolved) for (resolved,) in deployment.rows(found, f"{title}%")]


@pytest.mark.faults
def test_a_killed_process_is_one_alert_until_it_is_replaced_or_dismissed(
    cluster: Deployment, person: Invite, record_property: Callable[..., None]
) -> None:
    first, second = cluster.servers
    staff = bell(person(second).sign_in("staff"), "/")
    before = unseen(staff)
    watching = status(staff.tab())
    for over in ("replaced", "dismissed"):
        first.kill()
        killed = time.monotonic()
        eventually(lambda: unseen(staff) == before + 1, TOLD, "one alert")
        record_property("told after {:.0f} s", time.monotonic() - killed)
        expect(alerts(opened(staff)).filter(has_text="Dead: web")).to_be_visible()
        opened(staff)
        dead = rows(watching, "Processes").filter(has_text="Dead")
        expect(dead).to_have_count(1)
        if over == "replaced":
            first.start()
        else:
            dead.get_by_role("button", name="Dismiss").click()
        eventually(lambda: all(problems(cluster, "Dead")), 20, over)
        expect(rows(watching, "Processes").filter(has_text="Dead")).to_have_count(0)
        expect(alerts(opened(staff)).filter(has_text="Dead: web")).to_have_count(0)
        opened(staff)
    assert len(problems(cluster, "Dead")) == 2


@pytest.mark.faults
def test_redis_away_is_one_alert_until_it_is_back(cluster: Deployment, redis: Redis, person: Invite) -> None:
    staff = opened(bell(person(cluster.servers[0]).sign_in("staff"), "/"))
    redis.kill()
    expect(alerts(staff).filter(has_text="Redis is away")).to_have_count(1, timeout=20_000)
    redis.start()
    expect(alerts(staff).filter(has_text="Redis is away")).to_have_count(0, timeout=20_000)
    assert problems(cluster, "Redis") == [True]
    assert problems(cluster, "Dead") == []


@pytest.mark.faults
def test_a_worker_reports_too_and_a_killed_one_is_missed(cluster: Deployment) -> None:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]
    worker = Process(command, log=cluster.var / "worker.log", env=cluster.env, cwd=ROOT)
    listed = "SELECT server, ended IS NOT NULL FROM monitoring_process WHERE name LIKE %s"
    eventually(lambda: cluster.rows(listed, "worker %") == [("celery", False)], 30, "its row")
    worker.kill()
    eventually(lambda: problems(cluster, "Dead: worker") == [False], TOLD, "one alert")
    worker = Process(command, log=cluster.var / "worker.log", env=cluster.env, cwd=ROOT)
    eventually(lambda: problems(cluster, "Dead: worker") == [True], 45, "its end")
    worker.end()
    assert cluster.rows(listed, "worker %") == [("celery", True)] * 2
