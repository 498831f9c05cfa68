"""The bell and the bar of a job in a project of another team, run by tests/rooms/test_objects.py."""

import asyncio
import html
import json
import re
from threading import Event

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone, translation

from alerts import Role, anotify, notify
from alerts.bell import bells
from alerts.consumers import AlertsConsumer
from alerts.models import Alert, Mark
from alerts.testing import BellPage
from jobs import Job, job_for
from jobs.streams import JobConsumer
from parlour.testing import Page

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def sam(db):
    return get_user_model().objects.create_user("sam", is_staff=True, is_superuser=True)


@pytest.fixture
def ann(db):
    return get_user_model().objects.create_user("ann")


@pytest.fixture
def here(client, sam):
    client.force_login(sam)
    return client


def unseen(person):
    return bells([person.pk])[person.pk].unseen


def test_a_page_has_the_bell_with_its_number_and_its_lines(here, sam, ann):
    notify(sam, "order", "Tea", actor=ann)
    notify(Role("staff"), "order", "{actor} ordered", actor=ann)
    assert "2 unseen" in here.get("/page/").content.decode()
    lines = here.get("/alerts/lines/").content.decode()
    assert "Tea" in lines
    assert "ann ordered" in lines
    assert "<bdi>ann</bdi>" in lines
    assert here.get("/alerts/panel/", {"met": "", "opened": "1"}).content.decode().count("Tea") >= 1
    assert (unseen(sam), unseen(ann)) == (2, 0)
    assert {person: bell.unseen for person, bell in bells([sam.pk, ann.pk]).items()} == {sam.pk: 2, ann.pk: 0}


def test_the_admin_finds_alerts_and_marks_by_the_name_of_a_person(here, sam, ann):
    notify(sam, "order", "Tea", actor=ann)
    Mark.objects.create(alert=Alert.objects.get(), person=sam, seen=timezone.now())
    for path, name in (("alert", "ann"), ("mark", "sam"), ("preference", "sam")):
        page = here.get(f"/admin/parlour_alerts/{path}/?q={name}")
        assert page.status_code == 200, path
    assert here.get("/admin/parlour_jobs/job/?q=sam").status_code == 200


async def test_an_open_bell_counts_toasts_and_forgets(sam, ann):
    async with BellPage(sam) as page, BellPage(ann) as other, Page(AlertsConsumer, sam) as closed:
        await page.receives("bell-cursor-bell-count")
        await anotify(Role("staff"), "order", "A new order", actor=ann)
        for each in (page, closed):
            await each.shows("1 unseen")
            await each.receives("beforeend:#bell-toasts")
        await page.send(kind="seen", upto=page.document.value("bell-upto"))
        await page.until(lambda: "1 unseen" not in page.document.text())
        assert await page.equals_fresh()
        await page.cut()
        await anotify([sam, ann], "order", "Another")
        await page.resume()
        await page.shows("1 unseen")
        await other.shows("1 unseen")
        sam.is_staff = False
        await sam.asave()
        await page.until(lambda: "A new order" not in page.document.part("bell-lines"))
        assert await page.equals_fresh()


async def test_a_bar_runs_and_is_not_stalled(sam):
    running, over = Event(), Event()

    def work():
        with job_for(sam, "Tea for all"):
            running.set()
            over.wait(10)

    job = asyncio.create_task(asyncio.to_thread(work))
    try:
        await asyncio.to_thread(running.wait)
        pk = (await Job.objects.aget(owner=sam)).pk
        async with BellPage(sam) as bell, Page(JobConsumer, sam, pk=pk) as page:
            for each in (bell, page):
                assert "Running." in each.document.text()
            over.set()
            await job
            await page.shows("Done.")
            await bell.shows("Tea for all: done")
    finally:
        over.set()


async def test_every_reader_of_a_bell_has_its_own_language(sam, ann):
    await anotify([sam, ann], "order", "Tea", key="orders", about=sam)
    with translation.override("de"):
        german = BellPage(sam)
    async with german, BellPage(sam) as english:
        assert "1 neue Benachrichtigung Verbindung wird wiederhergestellt… " in german.document.text()
        assert "heute" in german.document.part("bell-lines")
        assert "1 unseen Reconnecting…" in english.document.text()
        await anotify([sam, ann], "order", "Cake", key="orders", about=ann)
        await german.shows("2 neue Benachrichtigungen")
        await german.shows("Cake und 1 weitere")
        await english.shows("Cake, and 1 more")
        await anotify([sam, ann], "order", "Milk")
        await german.receives("Ausblenden: Milk")
        await english.receives("Dismiss: Milk")
        await german.cut()
        await anotify([sam, ann], "order", "Bread")
        await german.resume()
        await german.shows("4 neue Benachrichtigungen")
        await german.receives('role="status">Verbindung wird wiederhergestellt…')
        assert not any("unseen" in frame or "Dismiss" in frame or "Reconnecting" in frame for frame in german.frames)
        assert await german.equals_fresh()
        assert await english.equals_fresh()
        await SessionStore(german.session).adelete()
        await german.receives("Sie sind nicht angemeldet.")


@pytest.mark.parametrize("way", ["cookie", "header", "address"])
def test_a_bell_has_the_language_of_its_page_wherever_that_comes_from(here, sam, way):
    notify(sam, "order", "Tea")
    if way == "cookie":
        here.cookies["django_language"] = "de"
    headers = {"Accept-Language": "de"} if way == "header" else {}
    page = here.get("/de/page/" if way == "address" else "/page/", headers=headers).content.decode()
    assert "1 neue Benachrichtigung<" in page
    assert 'ws-connect="/ws/alerts/?language=de"' in page
    assert 'hx-get="/alerts/panel/?language=de"' in page
    of_bell = json.loads(html.unescape(re.search(r"hx-headers='(.*?)'", page)[1])) | {"HX-Request": "true"}
    assert "heute" in here.get("/alerts/lines/", headers=of_bell).content.decode()
    assert "1 neue" in here.get("/alerts/panel/", {"met": "", "language": "de"}).content.decode()
    answer = here.post(f"/alerts/{Alert.objects.get().pk}/read/", headers=of_bell).content.decode()
    assert "Gelesen." in answer
    assert "Nichts Neues" in answer
    english = here.get("/alerts/panel/", {"met": ""}).content.decode()
    assert "Live updates do not" in english


def test_the_pages_of_alerts_speak_german(here, sam):
    for n in range(31):
        notify(sam, "order", f"Order {n}")
    here.cookies["django_language"] = "de"
    assert "Seite 1 von 2" in here.get("/alerts/").content.decode()
    settings_page = here.get("/alerts/preferences/").content.decode()
    assert "Einstellungen für Benachrichtigungen" in settings_page
