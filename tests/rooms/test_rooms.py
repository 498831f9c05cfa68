"""Making rooms: any name gets an address that is plain ASCII, one of its own, and no other's."""

import re
from urllib.parse import quote

import pytest

from rooms import settings_views, views
from rooms.models import Room
from rooms.streams import room_key
from tests.parlour.messages import add

TITLES = ["Lobby", "lobby", "LOBBY!", "a" * 80, "Ünïcödé", "日本語", "🎉", "مرحبا", "../../etc/passwd", "a/b\\c"]
TITLES += ["_under_score_", "-- - --", "new", "New", "panel", "room.5", "x" * 49 + " y", "a-b", "a_b", "a--b"]
TITLES += ["%2e%2e", "<b>", "\u202eabc"]


@pytest.mark.django_db
def test_every_title_gets_a_plain_address_of_its_own(ann):
    slugs = [Room.objects.create(title=title, owner=ann).slug for title in TITLES * 2]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) and len(slug) <= 60 for slug in slugs)
    assert "new" not in slugs


@pytest.mark.django_db
def test_every_address_leads_to_its_room(ann, client):
    for title in TITLES:
        room = Room.objects.create(title=title, owner=ann)
        assert Room.objects.at(room.slug) == room
        assert client.get(room.get_absolute_url()).status_code == 200


def test_no_two_addresses_share_a_key_and_no_key_runs_into_a_part():
    slugs = ["a", "a-b", "a-log", "a-b-log", "ab", "a-b-c"]
    keys = {room_key(slug) for slug in slugs}
    ids = {f"{key}-{part}" for key in keys for part in ("log", "box", "log-cursor")} | keys
    assert len(ids) == 4 * len(slugs)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["lobby\n", "Lobby", "lobby ", "ｌobby", "lob_by", "-lobby", "é" * 200, "a" * 200])
def test_an_address_that_is_none_is_not_found(slug, ann, lobby, client):
    assert Room.objects.at(slug) is None
    assert client.get(f"/rooms/{quote(slug)}/").status_code == 404


def fields(title, **others):
    return {"title": title, "about": "", "access": "open", "guests": "read"} | others


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["", " ", "\t\n", "\u200b\u200d", "\u202e", "\x00", "x" * 81, "x" * 200])
def test_a_room_needs_a_name_that_can_be_seen_and_fits(title, ann, client):
    client.force_login(ann)
    answer = client.post("/rooms/new/", fields(title))
    assert answer.status_code == 422
    assert not Room.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "others", [{"access": "x"}, {"guests": "x"}, {"access": ""}, {"guests": ""}, {"about": "x" * 201}]
)
def test_a_room_that_is_not_filled_in_rightly_is_not_made(others, ann, client):
    client.force_login(ann)
    assert client.post("/rooms/new/", fields("Room", **others)).status_code == 422
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_a_title_is_cleaned(ann, client):
    client.force_login(ann)
    client.post("/rooms/new/", fields("  A\u202e   quiet\n  room "))
    assert Room.objects.get().title == "A quiet room"


@pytest.mark.django_db
def test_whoever_makes_a_room_owns_it_and_belongs_to_it(ann, client):
    client.force_login(ann)
    client.post("/rooms/new/", fields("Mine", access="members", owner="99", slug="evil"))
    room = Room.objects.get()
    assert (room.owner, list(room.members.all()), room.slug) == (ann, [ann], "mine")


@pytest.mark.django_db
def test_a_guest_makes_no_room(gus, client):
    client.force_login(gus)
    assert client.post("/rooms/new/", fields("Mine")).status_code == 302
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_a_changed_title_keeps_the_address(ann, lobby, client):
    client.force_login(ann)
    client.post("/rooms/lobby/settings/", fields("Parlour"))
    lobby.refresh_from_db()
    assert (lobby.title, lobby.slug) == ("Parlour", "lobby")


@pytest.mark.django_db
def test_whoever_makes_many_rooms_is_asked_to_wait_and_loses_no_word(ann, ben, client, monkeypatch):
    monkeypatch.setattr(settings_views, "ROOM_RATE", "0.001/2")
    client.force_login(ann)
    answers = [client.post("/rooms/new/", fields(f"Room {n}")) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "Room 2" in answers[2].content.decode()
    client.force_login(ben)
    assert client.post("/rooms/new/", fields("Mine")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_list_beside_a_talk_begins_with_ones_own_rooms_and_then_the_latest_spoken_in(ann, ben, client, monkeypatch):
    def make(title, owner=ben, **more):
        return Room.objects.create(title=title, owner=owner, **more)

    others = [make(f"!!! {n}") for n in range(5)]
    mine, joined, spoken, earlier = make("Zz mine", ann), make("Zz team", access="members"), make("Zz b"), make("Zz a")
    joined.members.add(ann)
    add(earlier, "first")
    add(spoken, "then")
    monkeypatch.setattr(views, "LISTED", 6)
    client.force_login(ann)
    listed = list(client.get(others[0].get_absolute_url()).context["rooms"])
    assert listed == [mine, joined, spoken, earlier, *others[:2]]
    client.logout()
    assert list(client.get(others[0].get_absolute_url()).context["rooms"]) == [spoken, earlier, *others[:4]]
