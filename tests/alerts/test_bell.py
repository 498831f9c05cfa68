"""The bell without a browser: who sees what, after lost connections, when rights change."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import Role, actions, anotify, notify
from alerts.bell import bells
from alerts.consumers import AlertsConsumer
from alerts.models import PersonalSettings
from alerts.streams import BellRegion
from alerts.testing import BellPage
from parlour import Denied, authorization, hub
from parlour.testing import Page, lost_hints
from rooms.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)

in_thread = sync_to_async


async def test_what_came_while_the_bell_was_opened_stays_unseen(sue):
    async with BellPage(sue) as page:
        await anotify(Role("staff"), "order", "First")
        await page.shows("1 unseen")
        upto = page.document.value("bell-upto")
        await anotify(Role("staff"), "order", "Second")
        await page.send(kind="seen", upto=upto)
        await page.until(lambda: "1 unseen" in page.document.text() and "Second" in page.document.text())
        assert (await in_thread(bells)([sue.pk]))[sue.pk].unseen == 1


async def test_a_bell_that_was_disconnected_or_whose_hints_were_lost_is_right_in_the_end(sue, fast_clocks):
    async with BellPage(sue) as page:
        await page.cut()
        for n in range(3):
            await anotify(Role("staff") if n else sue, "order", f"Order {n}")
        await page.resume()
        await page.shows("3 unseen")
        assert "bell-toasts" not in page.frames[-1]
        assert await page.equals_fresh()
        with lost_hints():
            await anotify(Role("staff"), "order", "Late")
            await page.shows("Late")
        await page.cut()
        await get_user_model().objects.filter(pk=sue.pk).aupdate(is_staff=False)
        await page.resume()
        await page.shows("1 unseen")  # what she was told herself
        assert await page.equals_fresh()


async def test_a_changed_name_shows_in_the_bell_at_the_next_look(sue, ann):
    async with BellPage(sue) as page:
        await anotify(sue, "mention", "{actor} mentioned you", actor=ann)
        await page.shows("Ann mentioned you")
        kept = re.findall(r"bell-\w{8}-\w{8}", page.document.part("bell-lines"))
        ann.display_name = "Anna"
        await ann.asave()
        await anotify(sue, "order", "Another")
        await page.shows("Anna mentioned you")
        assert len(kept) == 1
        assert kept[0] not in page.document.part("bell-lines")  # a browser keeps what has the same id
        assert await page.equals_fresh()


@pytest.mark.parametrize("cut", [False, True])
async def test_today_becomes_yesterday_on_a_page_that_stays_open(sue, fast_clocks, monkeypatch, cut):
    sue.time_zone = "Pacific/Auckland"  # 13 hours before UTC in November: its day ends at 11:00 there
    await sue.asave()
    now = datetime(2026, 11, 22, 10, 59, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    await anotify(sue, "order", "Tea")
    async with BellPage(sue) as page:
        assert "today 23:59" in page.document.text()
        day = page.document.value("bell-day") or "2026-11-22"
        if cut:
            await page.cut()
        now += timedelta(minutes=2)
        if cut:
            await page.resume(day=day)
        await page.shows("yesterday 23:59")
        await page.receives('name="day" value="2026-11-23"')
        assert "today" not in page.document.part("bell-lines")
        assert await page.equals_fresh()


async def test_after_a_form_the_socket_has_the_last_word(sue):
    async with BellPage(sue) as page:
        await anotify(sue, "order", "Tea")
        await page.shows("Tea")
        page.document.find("bell-lines").children.clear()  # an answer that came late showed what was before
        await page.send(kind="look")
        await page.shows("Tea")
        assert await page.equals_fresh()


async def test_a_new_alert_shows_one_toast_and_one_of_a_key_none_while_that_stands(sue):
    async with BellPage(sue) as page:
        await page.receives("bell-cursor-bell-count")  # it has looked at what there was
        told = [("A <b>new</b> order", "", None), ("Cake", "", None), ("Cup 1", "cups", None), ("Cup 2", "cups", sue)]
        for n, (title, key, about) in enumerate(told, 1):
            await anotify(Role("staff"), "order", title, key=key, about=about, url="/")
            await page.shows(f"{n} unseen")
        toasts = [frame.partition("beforeend:#bell-toasts")[2] for frame in page.frames]
        shown = re.findall(r'class="pl-what">([^<]*)<', "".join(toasts))
        assert shown == ["A &lt;b&gt;new&lt;/b&gt; order", "Cake", "Cup 1"]
        assert "<b>" not in "".join(page.frames)


async def test_a_bell_that_was_not_opened_gets_its_number_and_toasts_and_no_lines(sue):
    async with Page(AlertsConsumer, sue) as page:
        await page.receives("bell-cursor-bell-count")
        await anotify(Role("staff"), "order", "A new order")
        await page.shows("1 unseen")
        await page.receives("bell-toasts")
        assert not any("bell-lines" in frame for frame in page.frames)
        await page.send(kind="seen", upto="", opened="1")
        await page.receives('innerHTML:#bell-lines"')
        sue.is_staff = False
        await sue.asave()
        await page.receives("Nothing is waiting")
        await anotify(sue, "order", "Another")
        await page.receives('class="pl-what">Another')
        assert await page.equals_fresh()


async def test_the_audiences_of_many_bells_are_asked_for_at_once_and_a_change_without_a_signal_is_found(
    sue, ann, ben, lobby, conf
):
    conf(TICK=60)
    async with BellPage(sue), BellPage(ann), BellPage(ben), BellPage(ben):
        bells = list(hub.current().listeners)

        def differing():
            with CaptureQueriesContext(connection) as queries:
                found = authorization.differing(bells)
            return [each.person for each in found], len(queries)

        assert await in_thread(differing)() == ([], 4), "sessions, people, heads, audiences"
        await in_thread(Membership._base_manager.bulk_create)([Membership(room=lobby, person=ben)])
        assert (await in_thread(differing)())[0] == [ben, ben]


async def test_what_one_chooses_elsewhere_is_so_in_an_open_bell(sue):
    async with BellPage(sue) as page:
        await anotify(sue, "order", "Tea")
        await page.shows("1 unseen")
        await in_thread(actions.set_preferences)(sue, {"order": ("nothing", "")})
        await page.shows("Nothing is waiting")


async def test_a_bell_is_nobodys_without_a_person_and_takes_numbers_alone(sue):
    with pytest.raises(Denied):
        AlertsConsumer.authorize(AnonymousUser())
    async with BellPage(sue) as page:
        for wrong in ("x", "٣", "-1", "9" * 19):
            await page.send(kind="seen", upto=wrong)
            await page.receives("a number was expected")
            page.frames.clear()


async def test_each_page_of_a_person_has_the_count_before_its_own_title(sue):
    async with (
        Page(AlertsConsumer, sue) as untitled,
        Page(AlertsConsumer, sue) as lobby,
        Page(AlertsConsumer, sue) as shop,
    ):
        for page, title in ((lobby, "Tom & <b>Co"), (shop, "x" * 500)):
            await page.cut()
            await page.resume(page_title=title)
        await anotify(sue, "order", "Tea")
        await lobby.receives(">(1) Tom &amp; &lt;b&gt;Co<")
        await shop.receives(f">(1) {'x' * 200}<")
        await shop.send(kind="title", page_title="Shop")
        await shop.receives(">(1) Shop<")
        await untitled.shows("1 unseen")
        assert not any("head title" in frame for frame in untitled.frames)
        assert sum("Shop" in frame for frame in lobby.frames) == 0


def test_the_title_of_a_page_counts_up_to_99_for_its_reader_alone(client, sue):
    notify(sue, "order", "Tea")
    assert "<title>Rooms · Parlour</title>" in client.get("/").content.decode()
    client.force_login(sue)
    assert "<title>(1) Rooms · Parlour</title>" in client.get("/").content.decode()
    for n in range(99):
        notify(sue, "order", f"Tea {n}")
    assert "<title>(99+) Rooms · Parlour</title>" in client.get("/").content.decode()


def test_a_page_paints_the_number_and_loads_the_lines_at_the_first_opening(client, sue, django_assert_num_queries):
    notify(sue, "order", "Tea")
    client.force_login(sue)
    page = client.get("/").content.decode()
    assert "1 unseen" in page
    assert "Loading…" in page
    assert "Tea" not in page
    lines = client.get("/alerts/lines/")
    assert "Tea" in lines.content.decode()
    assert 'name="opened" value="1"' in lines.content.decode()
    assert "opened" in lines["HX-Trigger-After-Swap"]
    region = BellRegion(sue.pk)  # builds a query that is kept from now on
    with django_assert_num_queries(2):
        region = BellRegion(sue.pk)
        region.bell.paint(region.bell.variant(sue), 0)


async def test_who_is_quiet_gets_no_toast_then_nor_later_and_the_bell_counts(sue):
    quiet = await PersonalSettings.objects.acreate(person=sue, snoozed_until=timezone.now() + timedelta(hours=1))
    async with BellPage(sue) as page:
        await page.receives("bell-cursor-bell-count")
        await anotify(sue, "order", "In peace")
        await page.shows("1 unseen")
        quiet.snoozed_until = timezone.now()
        await quiet.asave()
        await anotify(sue, "order", "Afterwards")
        await page.shows("2 unseen")
        toasts = "".join(frame.partition("beforeend:#bell-toasts")[2] for frame in page.frames)
        assert re.findall(r'class="pl-what">([^<]*)<', toasts) == ["Afterwards"]
