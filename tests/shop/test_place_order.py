"""Placing an order: who is alerted, what is rejected, and that a form sent twice is one order."""

import pytest
from django.db import transaction

from alerts.models import Alert
from parlour.models import read_heads
from shop.live import mine, orders
from shop.models import Order
from shop.place_order import OrderRejected, place_order

pytestmark = pytest.mark.django_db


def test_placing_one_tells_the_buyer_and_all_staff(ann, client, form, alerts_of):
    client.force_login(ann)
    answer = client.post("/shop/", form())
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/shop/")
    assert (order.buyer, order.item, order.amount, order.currency, order.status) == (ann, "Tea", 1250, "EUR", "new")
    assert alerts_of(ann) == [f"Order {order.pk} is placed"]
    assert alerts_of("staff") == ["New order: Tea, from {actor}"]
    for alert in Alert.objects.all():
        assert alert.about == f"shop.order:{order.pk}"
        assert client.get(alert.url).status_code == (200 if alert.audience != "staff" else 403)
    assert Alert.objects.get(audience="staff").key == "orders"


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_of_what_was_rolled_back(ann):
    before = read_heads([*orders.heads({}), *mine.heads({"buyer": ann.pk}), "staff", f"user.{ann.pk}"])
    with transaction.atomic():
        place_order(ann, "Tea", 1250, "EUR")
        transaction.set_rollback(True)
    assert not Order.objects.exists()
    assert not Alert.objects.exists()
    assert read_heads(before) == before


def test_a_form_that_was_rewritten_is_another_order(ann, client, form):
    client.force_login(ann)
    client.post("/shop/", form())
    client.post("/shop/", form(item="Coffee"))
    assert set(Order.objects.values_list("item", flat=True)) == {"Tea", "Coffee"}


def test_two_people_may_use_one_key(ann, ben, client, form):
    for person in (ann, ben):
        client.force_login(person)
        client.post("/shop/", form())
    assert Order.objects.count() == 2


BAD = [
    ({"item": ""}, "Say what you would like."),
    ({"item": "\u200b\u200d"}, "Say what you would like."),
    ({"item": "x" * 121}, "Please keep it to 120 characters."),
    ({"item": "\ufb2c" * 120}, "Please keep it to 120 characters."),  # which is longer once it is cleaned
    ({"note": "x" * 501}, "Please keep it to 500 characters."),
    ({"amount": ""}, "Say how much it may cost."),
    ({"amount": "much"}, "Write it as a number, like 12.50."),
    ({"amount": "1" * 21}, "Write it as a number"),
    ({"amount": "-5"}, "It must not be less than nothing."),
    ({"amount": "12.505"}, "It can be read in two ways. For 12505 write 12505.00."),
    ({"amount": "12.5051"}, "EUR has 2 digits after the point."),
    ({"amount": "10000.01"}, "The most for one order is 10,000.00 EUR."),
    ({"amount": "1.5", "currency": "JPY"}, "JPY has no digits after the point."),
    ({"currency": ""}, "Choose a currency."),
    ({"currency": "XXX"}, "It is “XXX”, and may be EUR, GBP, USD, JPY."),
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


def test_many_orders_in_a_short_time_are_rejected_on_the_page_which_keeps_what_was_written(ann, ben, client, form):
    for number in range(10):
        place_order(ann, f"Tea {number}", 100, "EUR")
    with pytest.raises(OrderRejected, match="Wait a minute"):
        place_order(ann, "Tea again", 100, "EUR")
    place_order(ben, "Tea", 100, "EUR")
    client.force_login(ann)
    answer = client.post("/shop/", form(item="One pot more"))
    assert answer.status_code == 422
    assert "Wait a minute" in answer.content.decode()
    assert "One pot more" in answer.content.decode()


def test_who_has_no_account_is_shown_the_way_to_one(gus, client, form):
    assert "/accounts/login/?next=/shop/" in client.get("/shop/").content.decode()
    client.force_login(gus)
    assert "/accounts/signup/" in client.post("/shop/", form()).content.decode()
    assert not Order.objects.exists()


def test_a_form_that_was_rewritten_and_sent_twice_is_one_order_more(ann, client, form):
    client.force_login(ann)
    for fields in (form(), form(item="Coffee"), form(item="Coffee"), form(item="Milk"), form()):
        client.post("/shop/", fields)
    assert sorted(Order.objects.values_list("item", flat=True)) == ["Coffee", "Milk", "Tea"]
