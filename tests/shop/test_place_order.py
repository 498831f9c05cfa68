"""Placing an order: who is alerted, what is rejected, and that a form sent twice is one order."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from alerts.models import Alert
from parlour.models import read_heads
from shop.models import ALL_ORDERS, Order, orders_of
from shop.place_order import MAX_A_MINUTE, MAX_OPEN, OrderRejected, place_order

pytestmark = pytest.mark.django_db


def test_placing_one_tells_the_buyer_and_all_staff(ann, client, form, alerts_of):
    client.force_login(ann)
    answer = client.post("/shop/", form())
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/shop/")
    assert (order.buyer, order.item, order.amount, order.currency, order.status) == (ann, "Tea", 1250, "EUR", "new")
    assert alerts_of(ann) == [f"Order {order.pk} is placed"]
    assert alerts_of("staff") == ["New order: Tea"]
    for alert in Alert.objects.all():
        assert alert.about == f"shop.order:{order.pk}"
        assert client.get(alert.url).status_code == (200 if alert.audience != "staff" else 403)
    assert Alert.objects.get(audience="staff").key == "orders"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_of_what_was_rolled_back(ann):
    before = read_heads([ALL_ORDERS, orders_of(ann.pk), "staff", f"user.{ann.pk}"])
    with transaction.atomic():
        place_order(ann, "Tea", 1250, "EUR")
        transaction.set_rollback(True)
    assert not Order.objects.exists()
    assert not Alert.objects.exists()
    assert read_heads(before) == before


def test_the_same_form_sent_twice_is_one_order(ann, client, form):
    client.force_login(ann)
    assert [client.post("/shop/", form()).status_code for _ in range(2)] == [302, 302]
    assert Order.objects.count() == 1
    assert Alert.objects.count() == 2


def test_a_form_that_was_rewritten_is_another_order(ann, client, form):
    client.force_login(ann)
    client.post("/shop/", form())
    client.post("/shop/", form(item="Coffee"))
    assert set(Order.objects.values_list("item", flat=True)) == {"Tea", "Coffee"}


@pytest.mark.parametrize("key", ["ref:A-1", "import:1:2"])
def test_a_form_with_the_key_of_an_imported_order_is_rejected(ann, client, form, key):
    client.force_login(ann)
    answer = client.post("/shop/", form(idempotency_key=key))
    assert answer.status_code == 422
    assert "This form is damaged." in answer.content.decode()
    assert not Order.objects.exists()


def test_two_people_may_use_one_key(ann, ben, client, form):
    for person in (ann, ben):
        client.force_login(person)
        client.post("/shop/", form())
    assert Order.objects.count() == 2


BAD = [
    ({"item": ""}, "Say what you would like."),
    ({"item": "\u200b\u200d"}, "Use words that can be seen."),
    ({"item": "x" * 121}, "Please keep it to 120 characters."),
    ({"item": "\ufb2c" * 120}, "Please keep it to 120 characters."),  # which is longer once it is cleaned
    ({"note": "x" * 501}, "Please keep it to 500 characters."),
    ({"amount": ""}, "Say how much it may cost."),
    ({"amount": "much"}, "Write it as a number, like 12.50."),
    ({"amount": "1" * 21}, "Write it as a number"),
    ({"amount": "0"}, "It has to be more than nothing."),
    ({"amount": "12.505"}, "EUR has 2 digits after the point."),
    ({"amount": "10000.01"}, "The most for one order is 10,000.00 EUR."),
    ({"amount": "1.5", "currency": "JPY"}, "JPY has no digits after the point."),
    ({"currency": ""}, "Choose a currency."),
    ({"currency": "XXX"}, "Choose one of these currencies."),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_what_is_not_filled_in_rightly_is_rejected_in_words_and_kept(changes, words, ann, client, form):
    client.force_login(ann)
    answer = client.post("/shop/", form(note="by Friday") | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert changes.get("note", "by Friday") in answer.content.decode()
    assert not Order.objects.exists()
    assert not Alert.objects.exists()


def test_markup_in_an_order_is_text(ann, client, form):
    client.force_login(ann)
    client.post("/shop/", form(item="<b hx-get='/x'>Tea</b>", note="<script>"), follow=True)
    page = client.get("/shop/").content.decode() + client.get(Order.objects.get().get_absolute_url()).content.decode()
    assert "&lt;b hx-get=&#x27;/x&#x27;&gt;" in page
    assert "<script>" not in page


def test_one_person_places_so_many_a_minute(ann, ben):
    for number in range(MAX_A_MINUTE):
        place_order(ann, f"Tea {number}", 100, "EUR")
    with pytest.raises(OrderRejected, match="Wait a minute"):
        place_order(ann, "Tea again", 100, "EUR")
    place_order(ben, "Tea", 100, "EUR")
    Order.objects.update(created=timezone.now() - timedelta(seconds=61))
    place_order(ann, "Tea again", 100, "EUR")


def test_one_person_has_so_many_open(ann):
    old = timezone.now() - timedelta(days=1)
    rows = [Order(buyer=ann, item="Tea", amount=1, currency="EUR", created=old) for _ in range(MAX_OPEN)]
    Order.objects.bulk_create(rows)
    with pytest.raises(OrderRejected, match="still open"):
        place_order(ann, "Tea", 100, "EUR")
    Order.objects.filter(pk=Order.objects.earliest("pk").pk).update(status="done")
    place_order(ann, "Tea", 100, "EUR")


def test_a_limit_is_told_on_the_page_and_keeps_what_was_written(ann, client, form):
    client.force_login(ann)
    for number in range(MAX_A_MINUTE):
        client.post("/shop/", form(idempotency_key=str(number)))
    answer = client.post("/shop/", form(idempotency_key="more", item="One pot more"))
    assert answer.status_code == 422
    assert "Wait a minute" in answer.content.decode()
    assert "One pot more" in answer.content.decode()


def test_who_has_no_account_is_shown_the_way_to_one(gus, client, form):
    assert "/accounts/login/?next=/shop/" in client.get("/shop/").content.decode()
    client.force_login(gus)
    assert "/accounts/signup/" in client.post("/shop/", form()).content.decode()
    assert not Order.objects.exists()
