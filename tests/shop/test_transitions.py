"""The transitions of an order: who may make which, and which alerts they resolve."""

import pytest

from shop import transitions
from shop.models import Order
from shop.place_order import OrderRejected, make_transition

pytestmark = pytest.mark.django_db


def press(client, order, name, **how):
    return client.post(f"/shop/orders/{order.pk}/{name}/", **how)


ALLOWED = {
    "new": {"accept": "accepted", "cancel": "cancelled"},
    "accepted": {"finish": "done", "cancel": "cancelled"},
    "done": {},
    "cancelled": {},
}


@pytest.mark.parametrize("status", ALLOWED)
@pytest.mark.parametrize("name", transitions.TRANSITIONS)
def test_staff_make_only_the_transitions_that_follow(status, name, sam, tea, alerts_of, ann):
    Order.objects.update(status=status)
    before = alerts_of(ann), alerts_of("staff")
    if name in ALLOWED[status]:
        assert make_transition(sam, tea.pk, name).status == ALLOWED[status][name]
    else:
        with pytest.raises(OrderRejected, match=f"is {status} already"):
            make_transition(sam, tea.pk, name)
        assert Order.objects.get().status == status
        assert (alerts_of(ann), alerts_of("staff")) == before


@pytest.mark.parametrize("status", ["accepted", "done", "cancelled"])
def test_a_buyer_cancels_only_what_is_new_and_is_told_nothing(status, ann, tea, alerts_of):
    Order.objects.update(status=status)
    for name in transitions.TRANSITIONS:
        with pytest.raises(OrderRejected):
            make_transition(ann, tea.pk, name)
    Order.objects.update(status="new")
    assert make_transition(ann, tea.pk, "cancel").status == "cancelled"
    assert alerts_of(ann) == []


def test_pressing_twice_is_told_in_words_and_a_live_list_gets_no_page(sam, tea, client):
    client.force_login(sam)
    assert press(client, tea, "accept", headers={"HX-Request": "true"}).status_code == 204
    assert press(client, tea, "accept", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert f"Order {tea.pk} is accepted already." in press(client, tea, "accept", follow=True).content.decode()
    assert press(client, tea, "finish").url == "/shop/orders/"
    assert press(client, tea, "steal").status_code == 404


@pytest.mark.parametrize("name", transitions.TRANSITIONS)
def test_another_persons_order_is_not_found_and_not_changed(name, ben, gus, tea, client):
    for person in (ben, gus):
        client.force_login(person)
        assert client.get(tea.get_absolute_url()).status_code == 404
        assert press(client, tea, name).status_code == 404
    assert Order.objects.get().status == "new"


def test_the_page_of_an_order_offers_what_its_reader_may_do(ann, sam, tea, client):
    offers = {ann: {"cancel"}, sam: {"accept", "cancel"}}
    for person, wanted in offers.items():
        client.force_login(person)
        page = client.get(tea.get_absolute_url()).content.decode()
        assert {name for name in transitions.TRANSITIONS if f"/{name}/" in page} == wanted
        assert "12.50 EUR" in page
