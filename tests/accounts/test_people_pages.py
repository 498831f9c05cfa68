"""A person's page: for those who met them, with rooms that both may read, and the way to a conversation."""

import pytest
from django.utils import timezone

from parlour import Lease
from parlour.testing import Page
from rooms.consumers import RoomConsumer
from rooms.direct import direct_room
from rooms.models import Membership, Room
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_met_somebody_reads_of_rooms_in_common_and_of_no_others(ann, ben, sue, lobby, team, client):
    page = f"/people/{ann.pk}/"
    assert client.get(page).status_code == 302
    client.force_login(ben)
    assert client.get(page).status_code == 404
    say(ann, lobby, "hello")
    shown = client.get(page).content.decode()
    assert "Ann" in shown
    assert "@ann" in shown
    assert "Lobby" in shown.partition("<h2")[2]
    assert "Team" not in shown
    Membership.objects.create(room=team, person=ben)
    assert "Team" in client.get(page).content.decode()
    direct_room([ann, sue])
    assert "Sue" not in client.get(page).content.decode()


def test_who_is_in_a_room_or_in_a_conversation_is_met_and_who_is_nobody_is_not(ann, ben, gus, lobby, client):
    client.force_login(ann)
    Lease.objects.create(name=lobby.people, holder=str(gus.pk), expires="2100-01-01T00:00Z")
    guest = client.get(f"/people/{gus.pk}/").content.decode()
    assert "guest" in guest
    assert gus.username not in guest
    assert "Write to" not in guest
    assert client.post(f"/people/{gus.pk}/write/").status_code == 404
    assert client.get(f"/people/{ben.pk}/").status_code == 404
    direct_room([ann, ben])
    assert "None but" in client.get(f"/people/{ben.pk}/").content.decode()
    assert "Your profile" in client.get(f"/people/{ann.pk}/").content.decode()
    ben.is_active = False
    ben.save()
    for pk in (ben.pk, 10**6):
        assert client.get(f"/people/{pk}/").status_code == 404


def test_it_tells_the_time_where_somebody_is_if_they_chose_it(ann, ben, lobby, client, monkeypatch):
    say(ben, lobby, "hello")
    client.force_login(ann)
    noon = timezone.datetime(2026, 1, 1, 12, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: noon)
    assert "where they are" not in client.get(f"/people/{ben.pk}/").content.decode()
    type(ben).objects.filter(pk=ben.pk).update(time_zone="Asia/Tokyo")
    assert "It is 21:00 where they are." in client.get(f"/people/{ben.pk}/").content.decode()


def test_one_writes_to_them_from_it(ann, ben, gus, lobby, client):
    say(ben, lobby, "hello")
    client.force_login(gus)
    assert client.post(f"/people/{ben.pk}/write/").status_code == 404
    client.force_login(ann)
    assert client.get(f"/people/{ben.pk}/write/").status_code == 405
    assert client.post(f"/people/{ann.pk}/write/").status_code == 404
    begun = client.post(f"/people/{ben.pk}/write/")
    assert begun.headers["Location"] == direct_room([ben, ann]).get_absolute_url()
    assert Room.objects.filter(access=Room.Access.DIRECT).count() == 1


async def test_names_of_who_is_here_lead_to_it(ann, lobby):
    async with Page(RoomConsumer, ann, slug="lobby") as page:
        await page.until(lambda: f'href="/people/{ann.pk}/"' in str(page.document.root))


def test_the_menu_of_a_message_leads_to_it(ann, ben, lobby, client):
    row = say(ben, lobby, "hello")
    client.force_login(ann)
    menu = client.get(f"/rooms/lobby/actions/{row.pk}/").content.decode()
    assert f'href="/people/{ben.pk}/"' in menu
    client.logout()
    assert "/people/" not in client.get(f"/rooms/lobby/actions/{row.pk}/").content.decode()
