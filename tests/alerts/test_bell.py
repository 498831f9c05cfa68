"""The bell without a browser: who sees what, in all tabs, after cuts, when rights change."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from alerts import Role, anotify, notify, resolve
from alerts.bell import bells
from alerts.models import Alert, Mark
from alerts.testing import BellPage
from parlour.testing import Page, lost_hints
from shop.consumers import OrdersConsumer
from shop.place_order import place_order

pytestmark = pytest.mark.django_db(transaction=True)

in_thread = sync_to_async


async def test_what_is_told_to_staff_reaches_all_staff_and_nobody_else(sue, ann):
    async with BellPage(sue) as here, BellPage(ann) as there:
        await anotify(Role("staff"), "order", "A new order")
        await here.shows("A new order")
        await here.shows("1 unseen")
        await anotify(ann, "order", "Your order")
        await there.shows("Your order")
        assert "A new order" not in there.document.text()
        assert await Alert.objects.acount() == 2
        assert not await Mark.objects.aexists()
        assert await here.equals_fresh()


async def test_seen_in_one_tab_is_seen_in_all(sue):
    async with BellPage(sue) as one, BellPage(sue) as other:
        await anotify(Role("staff"), "order", "A new order")
        await one.shows("1 unseen")
        await one.send(kind="seen", upto=one.document.value("bell-upto"))
        await other.shows("Nothing unseen")
        assert await other.equals_fresh()


async def test_what_came_while_the_bell_was_opened_stays_unseen(sue):
    async with BellPage(sue) as page:
        await anotify(Role("staff"), "order", "First")
        await page.shows("1 unseen")
        upto = page.document.value("bell-upto")
        await anotify(Role("staff"), "order", "Second")
        await page.send(kind="seen", upto=upto)
        await page.until(lambda: "1 unseen" in page.document.text() and "Second" in page.document.text())
        assert (await in_thread(bells)([sue.pk]))[sue.pk].unseen == 1


async def test_who_becomes_staff_sees_what_is_open_and_hears_what_comes(ann):
    await anotify(Role("staff"), "order", "An old order")
    async with BellPage(ann) as page:
        ann.is_staff = True
        await ann.asave()
        await page.shows("An old order")
        await anotify(Role("staff"), "order", "A new order")
        await page.shows("A new order")


async def test_a_demoted_person_loses_staff_alerts_and_hears_no_more(sue, ann):
    async with BellPage(sue) as page:
        await anotify(Role("staff"), "order", "Before")
        await page.shows("Before")
        sue.is_staff = False
        await sue.asave()
        await page.until(lambda: "Before" not in page.document.part("bell-lines"))
        frames = len(page.frames)
        await anotify(Role("staff"), "order", "After")
        await asyncio.sleep(0.5)
        assert not [frame for frame in page.frames[frames:] if "After" in frame]
        assert page.closed is None


async def test_a_demotion_ends_staffs_bell_and_orders_within_two_seconds(sue, ann):
    async with BellPage(sue) as bell, Page(OrdersConsumer, sue) as orders:
        await anotify(Role("staff"), "order", "Before")
        await bell.shows("Before")
        sue.is_staff = False
        began = monotonic()
        await sue.asave()
        await bell.shows("Nothing is waiting")
        await orders.until(lambda: orders.closed)
        assert monotonic() - began < 2
        assert (orders.closed, bell.closed) == (4003, None)
        heard = len(orders.frames)
        await in_thread(place_order)(ann, "Tea", 100, "EUR")
        await anotify(sue, "order", "Hers")
        await bell.shows("Hers")
        assert not any("Tea" in frame for frame in bell.frames)
        assert len(orders.frames) == heard


async def test_who_was_demoted_while_cut_off_comes_back_to_an_empty_bell(sue):
    async with BellPage(sue) as page:
        await anotify(Role("staff"), "order", "Before")
        await page.shows("Before")
        await page.cut()
        sue.is_staff = False
        await sue.asave()
        await page.resume()
        await page.shows("Nothing is waiting")
        assert await page.equals_fresh()


async def test_a_bell_that_was_cut_off_is_right_when_it_returns(sue):
    async with BellPage(sue) as page:
        await page.cut()
        for n in range(3):
            await anotify(Role("staff") if n else sue, "order", f"Order {n}")
        await page.resume()
        await page.shows("3 unseen")
        assert "bell-toasts" not in page.frames[-1]
        assert await page.equals_fresh()


async def test_lost_hints_make_a_bell_late_and_never_wrong(sue):
    with lost_hints():
        async with BellPage(sue) as page:
            await anotify(Role("staff"), "order", "Late")
            await page.shows("Late")


async def test_nobody_without_an_account_has_a_bell(ann):
    async with BellPage(ann) as page:
        await page.cut()
        page.session = ""
        await page.open()
        await page.until(lambda: page.closed)
        assert page.closed == 4001
        assert "Sign in" in page.frames[-1]


async def test_a_rolled_back_transaction_tells_nobody(sue):
    def fail():
        with transaction.atomic():
            notify(sue, "order", "Never")
            raise ValueError

    async with BellPage(sue) as page:
        with pytest.raises(ValueError):
            await in_thread(fail)()
        await anotify(sue, "order", "Then")
        await page.shows("Then")
        assert not any("Never" in frame for frame in page.frames)


async def test_what_is_resolved_or_deleted_leaves_every_bell(sue, ann, lobby):
    async with BellPage(sue) as page, BellPage(ann) as other:
        await anotify([ann, Role("staff")], "order", "About a room", about=lobby)
        await page.shows("1 unseen")
        await other.shows("1 unseen")
        await in_thread(resolve)(lobby)
        await page.shows("Nothing is waiting")
        await anotify([ann, Role("staff")], "order", "Again", about=lobby)
        await other.shows("1 unseen")
        await lobby.adelete()
        await other.shows("Nothing is waiting")
        await page.shows("Nothing is waiting")


async def test_one_key_is_one_line_with_the_true_number(sue):
    await in_thread(
        lambda: [notify(Role("staff"), "parcel", f"Order {n}", key="orders", about=sue) for n in range(2)]
    )()
    assert await Alert.objects.acount() == 1  # the same key about the same thing is told once
    rows = [
        Alert(audience="staff", kind="parcel", title=f"Order {n}", key="orders", about=f"x:{n}", at=timezone.now())
        for n in range(999)
    ]
    await Alert.objects.abulk_create(rows)
    async with BellPage(sue) as page:
        assert "1,000 unseen" in page.document.text()
        assert page.document.text().count("and 999 more") >= 1


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
        assert "today" not in page.document.part("bell-lines")
        assert await page.equals_fresh()


async def test_after_a_press_the_last_word_is_the_sockets(sue):
    async with BellPage(sue) as page:
        await anotify(sue, "order", "Tea")
        await page.shows("Tea")
        page.document.find("bell-lines").children.clear()  # an answer that came late showed what was before
        await page.send(kind="look")
        await page.shows("Tea")
        assert await page.equals_fresh()


async def test_a_toast_comes_with_what_is_new_and_not_twice(sue):
    async with BellPage(sue) as page:
        await asyncio.sleep(0.5)  # each head has looked at what there was
        await anotify(Role("staff"), "order", "A <b>new</b> order")
        await page.shows("1 unseen")
        toasts = [frame for frame in page.frames if "beforeend:#bell-toasts" in frame]
        assert len(toasts) == 1
        assert "A &lt;b&gt;new&lt;/b&gt; order" in toasts[0]
        assert "<b>" not in "".join(page.frames)
        await anotify(sue, "order", "Another")
        await page.shows("2 unseen")
        assert sum("beforeend:#bell-toasts" in frame for frame in page.frames) == 2


async def test_what_has_no_key_is_told_each_time_and_a_key_once_while_its_toast_stands(sue):
    async with BellPage(sue) as page:
        await asyncio.sleep(0.5)  # each head has looked at what there was
        told = [("Tea", "", None), ("Cake", "", None), ("Cup 1", "cups", None), ("Cup 2", "cups", sue)]
        for n, (title, key, about) in enumerate(told, 1):
            await anotify(Role("staff"), "order", title, key=key, about=about, url="/")
            await page.shows(f"{n} unseen")
        toasts = [frame.partition("beforeend:#bell-toasts")[2] for frame in page.frames]
        assert re.findall(r'class="what">([^<]*)<', "".join(toasts)) == ["Tea", "Cake", "Cup 1"]
