"""Orders in Django's admin: found, read, and many changed at once, by the same transitions."""

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from shop.models import Order
from shop.place_order import make_transition, place_order

pytestmark = pytest.mark.django_db
LIST = "/admin/shop/order/"


@pytest.fixture
def staff(sam, client):
    client.force_login(sam)
    return client


def run(client, action, *orders):
    return client.post(LIST, {"action": action, "_selected_action": [order.pk for order in orders]}, follow=True)


def test_a_step_that_does_not_follow_is_told_and_the_others_are_taken(ann, ben, tea, sam, staff):
    coffee = place_order(ben, "Coffee", 100, "JPY")
    make_transition(sam, tea.pk, "cancel")
    page = run(staff, "accept", tea, coffee).content.decode()
    assert f"Order {tea.pk} is cancelled already." in page
    assert "1 of 2 done." in page


def test_an_order_is_read_there_and_not_rewritten(tea, staff):
    assert staff.get(f"{LIST}{tea.pk}/change/").status_code == 200
    staff.post(f"{LIST}{tea.pk}/change/", {"status": "done", "amount": "1", "item": "Nothing"})
    assert (Order.objects.get().status, Order.objects.get().amount) == ("new", 1250)
    assert staff.get(f"{LIST}add/").status_code == 403


def test_staff_who_may_only_look_change_nothing(tea, client):
    looker = get_user_model().objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(looker)
    assert client.get(LIST).status_code == 200
    run(client, "accept", tea)
    assert Order.objects.get().status == "new"


def test_a_list_without_actions_has_no_inline_style(tea, staff, monkeypatch):
    assert "<style" not in staff.get(LIST).content.decode()
    for name in ("actions_on_top", "actions_on_bottom"):
        monkeypatch.setattr(ModelAdmin, name, False)
    page = staff.get(LIST).content.decode()
    assert 'name="action"' not in page
    assert "<style" not in page


def test_orders_that_leave_the_filtered_list_by_the_step_are_counted_too(tea, ann, staff):
    coffee = place_order(ann, "Coffee", 100, "JPY")
    fields = {"action": "accept", "_selected_action": [tea.pk, coffee.pk]}
    assert "2 of 2 done." in staff.post(f"{LIST}?status__exact=new", fields, follow=True).content.decode()
