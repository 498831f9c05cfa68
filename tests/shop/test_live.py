"""The live lists: staff see all orders with totals, a buyer the own ones; each is rendered once for all its readers."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import Job
from parlour.testing import Page
from shop.imports.models import Import
from shop.live import STAFF_LIMIT, mine, orders
from shop.models import Order
from shop.place_order import make_transition, place_order

pytestmark = pytest.mark.django_db(transaction=True)
place, change = sync_to_async(place_order), sync_to_async(make_transition)


async def test_a_buyer_sees_the_own_orders_alone(ann, ben, sam):
    async with Page(mine.consumer, ann, buyer=ann.pk) as page:
        order = await place(ann, "Tea", 100, "EUR")
        await place(ben, "Coffee", 100, "EUR")
        await page.shows("Tea")
        await change(sam, order.pk, "accept")
        await page.shows("Accepted")
        assert "Coffee" not in page.document.text() + "".join(page.frames)
        assert await page.equals_fresh()


def test_no_import_however_long_pushes_orders_written_by_hand_out_of_the_list(ann, ben, sam):
    tea = place_order(ben, "Tea by hand", 100, "EUR")
    coffee = place_order(ben, "Coffee by hand", 100, "EUR")
    make_transition(sam, tea.pk, "accept")
    imported = Import.objects.create(job=Job.objects.create(owner=ann, kind="x", title="x"), name="x", file="x")
    rows = [
        Order(buyer=ann, item="Imported", amount=1, currency="EUR", imported=imported) for _ in range(STAFF_LIMIT + 5)
    ]
    Order.objects.bulk_create(rows)
    lines = [order.item for order in Order.objects.work_list(STAFF_LIMIT)]
    assert lines == [coffee.item, tea.item] + ["Imported"] * (STAFF_LIMIT - 2)


def test_the_lists_hold_no_token_and_the_page_one_form_for_all(ann, sam, tea):
    client = Client()
    client.force_login(sam)
    page = client.get("/shop/orders/").content.decode()
    region = orders.authorize(sam, {})
    listed = page[page.index('id="orders-now"') : page.index('id="orders-live"')]
    assert 'form="orders-act"' in listed
    assert "csrfmiddlewaretoken" not in listed
    assert "<form" not in listed
    client.force_login(ann)
    assert client.get("/shop/orders/").status_code == 403
    assert client.get(region.panel).status_code == 403


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of a small table on PostgreSQL says nothing")
def test_no_list_and_no_limit_reads_or_sorts_all_orders(ann, client, tea):
    client.force_login(ann)
    imported = Import.objects.create(job=Job.objects.create(owner=ann, kind="x", title="x"), name="x", file="x")
    with CaptureQueriesContext(connection) as queries:
        orders()
        mine(ann.pk)
        client.get(f"/shop/mine/?import={imported.pk}")
    statements = [query["sql"] for query in queries.captured_queries if 'FROM "shop_order"' in query["sql"]]
    assert len(statements) >= 8
    for sql in statements:
        with connection.cursor() as cursor:
            plan = " / ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}"))
        assert "SCAN shop_order" not in plan, sql
        assert "TEMP B-TREE FOR ORDER BY" not in plan, sql
