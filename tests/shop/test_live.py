"""The live lists: staff see all orders and their totals, a buyer the own ones, each drawn once for all who look."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.test import Client

from jobs import Job
from parlour import states
from parlour.testing import Page, lost_hints, session_for
from shop import ordering
from shop.consumers import MineConsumer, OrdersConsumer
from shop.imports.models import Import
from shop.models import Order
from shop.streams import SHOWN, OrdersStream

pytestmark = pytest.mark.django_db(transaction=True)
place, take = sync_to_async(ordering.place), sync_to_async(ordering.take)


async def test_an_order_and_each_of_its_steps_reach_the_staff_page(ann, sam):
    async with Page(OrdersConsumer, sam) as page:
        order = await place(ann, "Tea", 123450, "EUR")
        await page.shows("1,234.50")
        await page.shows("Open in EUR")
        await take(sam, order.pk, "accept")
        await page.shows("Accepted 1")
        await take(sam, order.pk, "finish")
        await page.shows("Done")
        assert await page.equals_fresh()


async def test_a_buyer_sees_the_own_orders_alone(ann, ben, sam):
    async with Page(MineConsumer, ann) as page:
        order = await place(ann, "Tea", 100, "EUR")
        await place(ben, "Coffee", 100, "EUR")
        await page.shows("Tea")
        await take(sam, order.pk, "accept")
        await page.shows("Accepted")
        assert "Coffee" not in page.document.text() + "".join(page.frames)
        assert await page.equals_fresh()


async def test_what_is_deleted_leaves_every_page(ann, sam, tea):
    async with Page(OrdersConsumer, sam) as staff, Page(MineConsumer, ann) as buyer:
        await staff.shows("Tea")
        await tea.adelete()
        await staff.shows("Orders will appear here")
        await buyer.shows("What you order will stand here")


async def test_a_page_that_lost_its_socket_or_its_hints_is_right_in_the_end(ann, sam, tea):
    async with Page(OrdersConsumer, sam) as page:
        await page.cut()
        await take(sam, tea.pk, "accept")
        await page.resume()
        await page.shows("Accepted 1")
        with lost_hints():
            await place(ann, "Coffee", 100, "EUR")
            await page.shows("Coffee")
        assert await page.equals_fresh()


async def test_who_is_demoted_hears_no_more(ann, sam):
    async with Page(OrdersConsumer, sam) as page:
        sam.is_staff = False
        await sam.asave()
        await page.until(lambda: page.closed is not None)
        await place(ann, "After the door closed", 100, "EUR")
        await asyncio.sleep(0.5)
        assert page.closed == 4003
        assert "After the door closed" not in "".join(page.frames)


@pytest.mark.parametrize(("who", "code"), [("nobody", 4001), ("ann", 4003), ("gus", 4003)])
async def test_who_is_not_staff_is_told_so_and_let_go(who, code, ann, gus):
    page = Page(OrdersConsumer, {"ann": ann, "gus": gus}.get(who))
    page.region = OrdersConsumer.authorize(await get_user_model().objects.acreate_user("x", is_staff=True))
    page.session = ""
    if page.person:
        page.session = await sync_to_async(session_for)(page.person)
    await page.open()
    await page.until(lambda: page.closed)
    assert page.closed == code
    assert "<a href=" in page.frames[0]
    assert len(page.frames) == 1


async def test_all_staff_are_told_by_one_order_drawn_once(ann, sam, monkeypatch):
    drawn, draw = [], states.render_to_string
    monkeypatch.setattr(states, "render_to_string", lambda name, *args: drawn.append(name) or draw(name, *args))
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(Page(OrdersConsumer, sam)) for _ in range(40)]
        drawn.clear()
        await place(ann, "Tea for all", 100, "EUR")
        await asyncio.gather(*(page.shows("Tea for all") for page in pages))
        assert drawn == [OrdersStream.template]
        news = [[frame for frame in page.frames if "Tea for all" in frame] for page in pages]
        assert all(len(frames) == 1 for frames in news)
        assert len({frames[0] for frames in news}) == 1


def test_no_sheet_however_long_pushes_orders_written_by_hand_out_of_the_list(ann, ben, sam):
    tea = ordering.place(ben, "Tea by hand", 100, "EUR")
    coffee = ordering.place(ben, "Coffee by hand", 100, "EUR")
    ordering.take(sam, tea.pk, "accept")
    sheet = Import.objects.create(job=Job.objects.create(owner=ann, kind="x", title="x"), name="x", file="x", size=1)
    rows = [Order(buyer=ann, item="Sheet", amount=1, currency="EUR", imported=sheet) for _ in range(SHOWN + 5)]
    Order.objects.bulk_create(rows)
    lines = [order.item for order in Order.objects.in_turn(SHOWN)]
    assert lines == [coffee.item, tea.item] + ["Sheet"] * (SHOWN - 2)


def test_a_long_list_shows_the_new_ones_first_and_counts_the_rest(ann, sam):
    rows = [Order(buyer=ann, item="Old", amount=1, currency="EUR", status="done") for _ in range(SHOWN)]
    rows += [Order(buyer=ann, item="Waiting", amount=1, currency="EUR", status="accepted") for _ in range(SHOWN)]
    rows += [Order(buyer=ann, item="Fresh", amount=1, currency="EUR") for _ in range(3)]
    Order.objects.bulk_create(rows)
    client = Client()
    client.force_login(sam)
    page = client.get("/shop/orders/").content.decode()
    assert page.index("Fresh") < page.index("Waiting")
    assert page.count("<bdi>Waiting</bdi>") == SHOWN - 3
    assert "and 3 more open ones" in page
    assert "<dd>63</dd>" not in page
    assert f"<dd>{SHOWN}</dd>" in page


def test_the_lists_hold_no_token_and_the_page_one_form_for_all(ann, sam, tea):
    client = Client()
    client.force_login(sam)
    page = client.get("/shop/orders/").content.decode()
    listed = page[page.index('id="orders-list"') :]
    assert 'form="orders-act"' in listed
    assert "csrfmiddlewaretoken" not in listed
    assert "<form" not in listed
    client.force_login(ann)
    assert client.get("/shop/orders/").status_code == 403
    assert client.get("/shop/orders/panel/").status_code == 403
