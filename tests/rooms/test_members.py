"""Who is added to a room hears of it, wherever it was done, and no more once they have left."""

import pytest
from django.urls import reverse

from alerts.bell import bells
from alerts.models import Alert
from chat import settings_views
from rooms.models import Membership, Room
from rooms.unread import count
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(sue):
    return Room.objects.create(title="Team", owner=sue, access=Room.Access.MEMBERS)


def test_somebody_who_is_added_hears_of_it_once_and_until_they_are_removed(team, sue, ben, client):
    Membership.objects.create(room=team, person=sue)
    client.force_login(sue)
    for _ in range(2):
        client.post("/rooms/team/members/", {"username": "ben"})
    assert lines(ben) == ["Sue added you to Team"]
    assert lines(sue) == []
    assert Alert.objects.get().url == "/rooms/team/"
    client.post("/rooms/team/members/", {"remove": Membership.objects.get(person=ben).pk})
    assert lines(ben) == []


@pytest.mark.django_db(transaction=True)
def test_members_that_are_added_once_more_have_read_no_more_than_before(team, sue, ben):
    team.members.add(sue, ben)
    say(sue, team, "news")
    Membership.objects.bulk_create([Membership(room=team, person=ben)], ignore_conflicts=True)
    assert count([(ben.pk, team.pk)]) == {(ben.pk, team.pk): 1}


def test_whoever_adds_themselves_does_not(team, sue, client):
    sue.is_superuser = True
    sue.save()
    client.force_login(sue)
    client.post("/rooms/team/members/", {"username": "sue"})
    assert bells([sue.pk])[sue.pk].unseen == 0


def test_the_admin_tells_too(team, sue, ben, client):
    sue.is_superuser = True
    sue.save()
    client.force_login(sue)
    fields = {"title": "Team", "access": "members", "guests": "read", "owner": sue.pk, "about": ""}
    prefix = "memberships"
    fields |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0", f"{prefix}-0-person": ben.pk}
    answer = client.post(reverse("admin:parlour_rooms_room_change", args=[team.pk]), fields)
    assert answer.status_code == 302
    assert lines(ben) == ["Sue added you to Team"]


def test_the_list_beside_a_conversation_is_the_readers(team, sue, ben, lobby, client):
    Membership.objects.create(room=team, person=sue)
    for person, titles in ((sue, {"Team", "Lobby"}), (ben, {"Lobby"})):
        client.force_login(person)
        answer = client.get("/beside/?here=lobby").content.decode()
        assert {title for title in ("Team", "Lobby") if title in answer} == titles
        assert answer.count("aria-current") == 1


def test_in_a_project_without_pages_around_its_rooms_an_alert_leads_to_the_room(team, sue, monkeypatch):
    assert team.site_page("members") == "/rooms/team/members/"
    monkeypatch.setattr("rooms.models.reverse", lambda name, **of: reverse(name.replace("chat:", "nowhere:"), **of))
    assert team.site_page("members") == "/rooms/team/"


def test_nobody_is_told_without_end_that_they_were_added(team, sue, ben, client, monkeypatch):
    monkeypatch.setattr(settings_views, "ADD_RATE", "0.001/2")
    Membership.objects.create(room=team, person=sue)
    client.force_login(sue)
    for status in (302, 302, 422):
        assert client.post("/rooms/team/members/", {"username": "ben"}).status_code == status
        Membership.objects.filter(person=ben).delete()
