"""The steps of an order: who may take which, and which alerts they settle."""

import pytest

from alerts.models import Alert
from shop import ordering, steps
from shop.models import Order

pytestmark = pytest.mark.django_db


def take(client, order, step, **how):
    return client.post(f"/shop/orders/{order.pk}/{step}/", **how)


def test_accepting_settles_what_staff_and_buyer_were_told_and_tells_the_buyer(ann, sam, tea, client, told):
    client.force_login(sam)
    take(client, tea, "accept")
    tea.refresh_from_db()
    assert tea.status == "accepted"
    assert told("staff") == []
    assert told(ann) == [f"Order {tea.pk} is accepted"]
    take(client, tea, "finish")
    assert told(ann) == [f"Order {tea.pk} is done"]


def test_a_buyer_who_cancels_is_told_nothing_and_staff_need_not_look(ann, tea, client, told):
    client.force_login(ann)
    take(client, tea, "cancel")
    tea.refresh_from_db()
    assert tea.status == "cancelled"
    assert told(ann) == told("staff") == []


def test_staff_who_cancel_tell_the_buyer(ann, sam, tea, client, told):
    client.force_login(sam)
    take(client, tea, "cancel")
    assert told(ann) == [f"Order {tea.pk} is cancelled"]


def test_what_is_deleted_concerns_nobody(ann, tea, told):
    tea.delete()
    assert told(ann) == told("staff") == []
    assert not Alert.objects.exists()


def test_other_orders_stay_told_of(ann, ben, sam, tea, told):
    ordering.place(ben, "Coffee", 100, "EUR")
    ordering.take(sam, tea.pk, "accept")
    assert told("staff") == ["New order: Coffee"]
    assert told(ben)


LAWFUL = {
    "new": {"accept": "accepted", "cancel": "cancelled"},
    "accepted": {"finish": "done", "cancel": "cancelled"},
    "done": {},
    "cancelled": {},
}


@pytest.mark.parametrize("status", LAWFUL)
@pytest.mark.parametrize("step", steps.STEPS)
def test_staff_take_only_the_steps_that_follow(status, step, sam, tea, told, ann):
    Order.objects.update(status=status)
    before = told(ann), told("staff")
    if step in LAWFUL[status]:
        assert ordering.take(sam, tea.pk, step).status == LAWFUL[status][step]
    else:
        with pytest.raises(ordering.Declined, match=f"is {status} already"):
            ordering.take(sam, tea.pk, step)
        assert Order.objects.get().status == status
        assert (told(ann), told("staff")) == before


@pytest.mark.parametrize("status", LAWFUL)
@pytest.mark.parametrize("step", steps.STEPS)
def test_a_buyer_cancels_only_what_is_new(status, step, ann, tea):
    Order.objects.update(status=status)
    if (status, step) == ("new", "cancel"):
        assert ordering.take(ann, tea.pk, step).status == "cancelled"
    else:
        with pytest.raises(ordering.Declined):
            ordering.take(ann, tea.pk, step)
        assert Order.objects.get().status == status


def test_pressing_twice_is_told_in_words(sam, tea, client):
    client.force_login(sam)
    take(client, tea, "accept")
    page = take(client, tea, "accept", follow=True).content.decode()
    assert f"Order {tea.pk} is accepted already." in page
    assert take(client, tea, "accept", headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_live_list_gets_no_page_for_its_pressing(sam, tea, client):
    client.force_login(sam)
    assert take(client, tea, "accept", headers={"HX-Request": "true"}).status_code == 204


@pytest.mark.parametrize("step", steps.STEPS)
def test_another_persons_order_is_not_found_and_not_changed(step, ben, gus, tea, client):
    for person in (ben, gus):
        client.force_login(person)
        assert client.get(tea.get_absolute_url()).status_code == 404
        assert take(client, tea, step).status_code == 404
    assert Order.objects.get().status == "new"


def test_odd_addresses(sam, tea, client):
    client.force_login(sam)
    assert take(client, tea, "burn").status_code == 404
    assert client.get(f"/shop/orders/{tea.pk}/accept/").status_code == 405
    for pk in ("0", "9" * 12, "9" * 30, "9" * 5000, "-1", "x"):
        assert client.get(f"/shop/orders/{pk}/").status_code == 404
        assert client.post(f"/shop/orders/{pk}/accept/").status_code == 404


def test_who_is_signed_out_is_sent_to_the_door(tea, client):
    for answer in (client.get(tea.get_absolute_url()), take(client, tea, "accept"), client.get("/shop/orders/")):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
    assert Order.objects.get().status == "new"


def test_the_page_of_an_order_offers_what_its_reader_may_do(ann, sam, tea, client):
    offers = {ann: {"cancel"}, sam: {"accept", "cancel"}}
    for person, wanted in offers.items():
        client.force_login(person)
        page = client.get(tea.get_absolute_url()).content.decode()
        assert {step for step in steps.STEPS if f"/{step}/" in page} == wanted
        assert "12.50 EUR" in page


def test_all_orders_of_a_person_are_paged(ann, ben, client):
    rows = [Order(buyer=ann, item=f"Tea number {n}", amount=1, currency="EUR") for n in range(60)]
    Order.objects.bulk_create(rows)
    ordering.place(ben, "Coffee", 100, "EUR")
    client.force_login(ann)
    first, second = (client.get(f"/shop/mine/?page={page}").content.decode() for page in (1, 2))
    assert first.count("Tea number") + second.count("Tea number") == 60
    assert "Coffee" not in first + second
    assert client.get("/shop/mine/?page=x").status_code == 200
    assert 'href="/shop/mine/"' in client.get("/shop/").content.decode()
