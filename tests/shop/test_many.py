"""Millions of orders, and imports that add to them: pages look where an index leads, as often as they can."""

import time

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import Job, carriers, wishes
from jobs.consumers import JobConsumer
from parlour.testing import Page
from shop import ordering, streams
from shop.consumers import OrdersConsumer
from shop.imports.models import Import
from shop.models import Order

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "item,amount,currency\n"


@pytest.fixture(autouse=True)
def own_shelf(settings, tmp_path):
    settings.UPLOADS = tmp_path / "uploads"
    yield
    assert carriers.rest(20)


def send(person, text):
    """Send a file as this person; the primary key of the import."""
    client = Client()
    client.force_login(person)
    file = SimpleUploadedFile("orders.csv", text.encode())
    return int(client.post("/shop/imports/", {"file": file})["Location"].split("/")[-2])


def looks(ann, client):
    """What people look at often: the list of staff, the own list, the limits, the orders of an import."""
    imported = Import.objects.create(job=Job.objects.create(owner=ann, kind="x", title="x"), name="x", file="x", size=1)
    yield streams.OrdersRegion().streams[0].present
    yield streams.MineRegion(ann).streams[0].present
    yield lambda: ordering._within_limits(ann)
    yield lambda: client.get(f"/shop/mine/?import={imported.pk}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of a small table on PostgreSQL says nothing")
def test_no_look_reads_or_sorts_all_orders(ann, client, tea):
    client.force_login(ann)
    looked = 0
    for look in looks(ann, client):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            look()
        for query in queries.captured_queries:
            if 'FROM "shop_order"' in query["sql"]:
                with connection.cursor() as cursor:
                    plan = " / ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}"))
                assert "SCAN shop_order" not in plan, query["sql"]
                assert "TEMP B-TREE FOR ORDER BY" not in plan, query["sql"]
                looked += 1
    assert looked >= 9


def test_the_list_of_staff_rests_the_longer_the_longer_a_look_takes(tea, monkeypatch):
    stream = streams.OrdersRegion().streams[0]
    stream.present()
    assert stream.gap == streams.GAP
    totals = streams.totals
    monkeypatch.setattr(streams, "totals", lambda: time.sleep(0.1) or totals())
    stream.present()
    assert stream.gap >= 0.1 * streams.SHARE


async def test_the_list_of_staff_follows_an_import(ann, sam, monkeypatch):
    monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 0)
    async with Page(OrdersConsumer, sam) as page:
        await sync_to_async(send)(ann, HEAD + "Tea,1,EUR\n" * 600)
        await page.shows("and 540 more open ones")
        assert await page.equals_fresh()


async def test_the_page_of_an_import_ends_equal_to_a_fresh_one_whatever_happens(ann, monkeypatch):
    monkeypatch.setattr("shop.imports.batches.ROWS", 10)
    monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 30)  # it is not over before it is cancelled
    pk = await sync_to_async(send)(ann, HEAD + ("Tea,1,EUR\n" * 9 + "Tea,-1,EUR\n") * 40)
    async with Page(JobConsumer, ann, pk=pk) as page:
        await page.shows("amount: It has to be more than nothing.")
        await page.cut()
        await page.resume()
        assert await sync_to_async(wishes.grant)("cancel", pk)
        await page.shows("Cancelled.")
        assert await page.equals_fresh()
        some = await Order.objects.acount()
        assert 0 < some < 360
        monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 0)
        assert await sync_to_async(wishes.grant)("retry", pk)
        await page.shows("Done: 360 orders are in, 40 rows were rejected.")
        assert await page.equals_fresh()
        assert await Order.objects.acount() == 360
