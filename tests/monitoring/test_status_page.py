"""The status page: for whom, what it shows, what it does to many jobs at once, and that it costs little."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.utils import timezone

from jobs import Job
from monitoring import live
from monitoring.problems import look
from parlour.live_parts import parts
from parlour.testing import Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(client, sam):
    """page() is what Sam sees."""
    client.force_login(sam)
    return lambda: client.get("/status/").content.decode()


@pytest.fixture
def job(ann):
    """job("running", …): a row that no thread runs."""

    def make(state="queued", title="Soup", kind="by hand", **fields):
        return Job.objects.create(owner=ann, kind=kind, title=title, state=state, **fields)

    return make


@pytest.fixture
def press(client, sam):
    """press("cancel", job=[…], group=[…]) sends the form as Sam."""
    client.force_login(sam)
    return lambda action, **fields: client.post("/status/jobs/", {"action": action, **fields})


def state(job):
    return Job.objects.get(pk=job.pk).state


@pytest.mark.parametrize("path", ["/status/", "/status/jobs/", "/status/processes/1/dismiss/"])
def test_it_is_for_staff_with_the_permission_alone(client, ann, sue, path):
    def status():
        return (client.get if path == "/status/" else client.post)(path, {"action": "retry"}).status_code

    assert status() == 302  # to the sign-in
    for somebody in (ann, sue):
        client.force_login(somebody)
        assert status() == 403
    for somebody in (ann, sue):
        somebody.user_permissions.add(Permission.objects.get(content_type__app_label="monitoring", codename="operate"))
    assert status() in (200, 302)
    client.force_login(ann)
    assert status() == 403
    for name in ("site_state", "site_jobs"):
        assert parts[name].allows(type(sue).objects.get(pk=sue.pk), {})
        assert not parts[name].allows(ann, {})


def test_the_way_there_is_shown_to_whom_it_is_for(client, sam, sue):
    for somebody, shown in ((sam, True), (sue, False)):
        client.force_login(somebody)
        assert ('href="/status/"' in client.get("/").content.decode()) is shown
    client.force_login(sam)
    assert 'href="/status/"' in client.get("/admin/").content.decode()


def test_processes_rooms_and_sums_are_shown(page, report, lobby):
    report("web one", rooms=[[lobby.pk, 4]], slowest=0.25)
    report("web two", rooms=[[lobby.pk, 1], [lobby.pk + 99, 3]])
    report("worker", age=21)
    gone = report("web old")
    gone.ended = timezone.now()
    gone.save()
    markup = page()
    assert "Lobby" in markup
    assert "<bdi>web one</bdi> 4, <bdi>web two</bdi> 1" in markup
    assert "20.0" in markup  # frames a second: 50 in five seconds, twice
    assert "250 ms" in markup
    assert "Dead" in markup
    assert "web old" not in markup


def test_a_dead_process_is_dismissed_by_a_button(client, page, report, told):
    dead = report("web one", age=21)
    look()
    assert told() == ["Dead: web one"]
    assert f"/status/processes/{dead.pk}/dismiss/" in page()
    client.post(f"/status/processes/{dead.pk}/dismiss/")
    assert told() == []
    assert "Earlier problems" in page()


def test_a_chart_tells_its_highest_point_in_words_and_in_the_readers_zone(page, report, sam):
    minute = int(time.time()) // 60 - 7
    report("web one", minutes=[[minute, 30, 600, 0.5, 0]])
    report("web two", minutes=[[minute, 12, 600, 0.1, 2], [minute - 3600, 999, 0, 0, 0]])
    sam.time_zone = "Asia/Tokyo"
    sam.save()
    at = (datetime.fromtimestamp(minute * 60, UTC) + timedelta(hours=9)).strftime("%H:%M")
    markup = page()
    for words in (f"Its highest point is 42 at {at}", f"is 20.0 at {at}", f"is 500 ms at {at}"):
        assert words in markup
    assert "<dd>2</dd>" in markup  # lost hints
    points = live.site_state()["charts"][0]["points"].split()
    assert len(points) == 60
    assert [point for point in points if not point.endswith(",58.0")] == ["210,4.0"]


def test_jobs_are_counted_by_kind_and_state_with_how_long_they_waited(page, job):
    now = timezone.now()
    job(queued=now - timedelta(minutes=3))
    job(queued=now - timedelta(minutes=1))
    job("done", queued=now - timedelta(minutes=30), first_moved=now - timedelta(minutes=30) + timedelta(seconds=12))
    job("done", queued=now - timedelta(days=3))
    job("failed", queued=now - timedelta(days=3), dismissed=True)
    groups = {group["state"]: (group["n"], group["waited"]) for group in live.site_jobs()["groups"]}
    assert groups == {"queued": (2, "3 min"), "done": (1, "12 s")}
    assert 'value="by hand:queued"' in page()


def test_many_jobs_are_cancelled_and_retried_at_once(press, page, job):
    soups, bread = [job() for _ in range(3)], job(kind="bread", title="Bread")
    press("cancel", group=["by hand:queued"])
    assert [state(each) for each in (*soups, bread)] == ["cancelled"] * 3 + ["queued"]
    assert "3 of 3 chosen jobs were cancelled" in page()
    press("retry", job=[soups[0].pk, bread.pk])
    assert [state(each) for each in soups] == ["queued", "cancelled", "cancelled"]
    assert "1 of 2 chosen jobs were started again" in page()
    press("retry", job=["x", "9" * 40])
    assert "0 of 0 chosen jobs" in page()
    assert press("delete", job=[bread.pk]).status_code == 404


def test_what_cannot_be_undone_is_asked_before(press, job):
    soup, once = job("running"), job("running", title="Only <once>", again=False)
    answer = press("cancel", job=[soup.pk, once.pk]).content.decode()
    assert "cannot be retried" in answer
    assert "Only &lt;once&gt;" in answer
    assert not Job.objects.filter(cancelling=True).exists()
    press("cancel", job=[soup.pk, once.pk], sure="1")
    assert Job.objects.filter(cancelling=True).count() == 2


def test_the_parts_hold_no_token_and_nothing_that_speaks(page, report, job):
    report("web one", age=30)
    look()
    job()
    markup = page()
    for name in ("site_state", "site_jobs"):
        part = markup[markup.index(f'id="{name}-now"') : markup.index(f'id="{name}-live"')]
        for word in ("csrfmiddlewaretoken", "<form", "aria-live", 'role="status"', 'role="alert"'):
            assert word not in part


async def test_open_pages_follow_what_is_wrong(sam, report, monkeypatch):
    monkeypatch.setattr(live.site_state, "gap", 0.05)
    async with Page(live.site_state.consumer, sam) as page:
        await page.shows("Nothing is wrong.")
        await sync_to_async(report)("web one", age=30)
        await sync_to_async(look)()
        await page.shows("Dead: web one")
        assert await page.equals_fresh()
