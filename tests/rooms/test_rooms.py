"""Making rooms: any name gets an address that is plain ASCII, one of its own, and no other's."""

import re
from urllib.parse import quote

import pytest

from chat import settings_views
from rooms import views
from rooms.models import NotificationLevel, Room
from rooms.streams import room_key
from tests.parlour.messages import add

TITLES = ["Lobby", "lobby", "LOBBY!", "a" * 80, "Ünïcödé", "日本語", "🎉", "مرحبا", "../../etc/passwd", "a/b\\c"]
TITLES += ["_under_score_", "-- - --", "new", "New", "panel", "room.5", "x" * 49 + " y", "a-b", "a_b", "a--b"]
TITLES += ["%2e%2e", "<b>", "\u202eabc"]


@pytest.mark.django_db
def test_every_title_gets_a_plain_address_of_its_own_that_leads_to_its_room(ann, client):
    rooms = [Room.objects.create(title=title, owner=ann) for title in TITLES * 2]
    slugs = [room.slug for room in rooms]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) and len(slug) <= 60 for slug in slugs)
    assert "new" not in slugs
    assert [Room.objects.at(slug) for slug in slugs] == rooms
    assert client.get(rooms[-1].get_absolute_url()).status_code == 200


def test_no_two_addresses_share_a_key_and_no_key_runs_into_a_part():
    slugs = ["a", "a-b", "a-log", "a-b-log", "ab", "a-b-c"]
    keys = {room_key(slug) for slug in slugs}
    ids = {f"{key}-{part}" for key in keys for part in ("log", "box", "log-cursor")} | keys
    assert len(ids) == 4 * len(slugs)


@pytest.mark.django_db
def test_an_address_that_is_none_is_not_found(ann, lobby, client):
    for slug in ("lobby\n", "Lobby", "lobby ", "ｌobby", "lob_by", "-lobby", "a" * 200):
        assert Room.objects.at(slug) is None
        assert client.get(f"/rooms/{quote(slug)}/").status_code == 404


def fields(title, **others):
    return {"title": title, "about": "", "access": "open", "guests": "read", "slow_mode": "0"} | others


@pytest.mark.django_db
def test_a_room_that_is_not_filled_in_rightly_is_not_made(ann, client):
    client.force_login(ann)
    wrong = [fields(title) for title in ("", "\t\n", "\u200b\u200d", "\u202e", "\x00", "x" * 81)]
    wrong += [fields("Room", **each) for each in ({"access": "x"}, {"guests": ""}, {"about": "x" * 201})]
    for each in wrong:
        assert client.post("/rooms/new/", each).status_code == 422
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_whoever_makes_a_room_owns_it_and_belongs_to_it_and_its_title_is_cleaned(ann, client):
    client.force_login(ann)
    client.post("/rooms/new/", fields("  A\u202e   quiet\n  room ", access="members", owner="99", slug="evil"))
    room = Room.objects.get()
    assert (room.owner, list(room.members.all())) == (ann, [ann])
    assert (room.title, room.slug) == ("A quiet room", "a-quiet-room")


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
def test_a_changed_title_takes_back_nothing_that_happens_meanwhile(ann, lobby, client, monkeypatch):
    def ban_meanwhile(form):
        Room.objects.update(has_restrictions=True)
        return ""

    monkeypatch.setattr(settings_views.RoomForm, "clean_about", ban_meanwhile)
    client.force_login(ann)
    client.post("/rooms/lobby/settings/", fields("Parlour"))
    lobby.refresh_from_db()
    assert (lobby.title, lobby.has_restrictions) == ("Parlour", True)


@pytest.mark.django_db
def test_a_room_is_changed_rightly_or_not_at_all_and_deleted_by_a_form_alone(ann, lobby, client):
    client.force_login(ann)
    assert client.post("/rooms/lobby/settings/", fields("")).status_code == 422
    assert "Lobby" in client.get("/rooms/lobby/delete/").content.decode()
    assert Room.objects.get().title == "Lobby"
    assert client.post("/rooms/lobby/delete/").url == "/"
    assert not Room.objects.exists()


@pytest.mark.django_db
def test_how_much_one_hears_of_a_room_is_ones_own_choice_and_may_be_changed(ann, ben, lobby, client):
    for person, level in ((ann, "nothing"), (ben, "everything"), (ben, "mentions")):
        client.force_login(person)
        client.post("/rooms/lobby/alerts/", {"level": level})
    assert dict(NotificationLevel.objects.values_list("person", "level")) == {ann.pk: "nothing", ben.pk: "mentions"}


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


def test_marks_of_ones_own_lines_tell_nothing_but_the_number(client, db):
    answer = client.get("/rooms/mine/7.css")
    assert answer["Content-Type"] == "text/css"
    assert '[data-author="7"]' in answer.content.decode()
    assert " (you)" in answer.content.decode()
    assert " (Sie)" in client.get("/rooms/mine/7.css?language=de").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", [0, 10**20])
def test_a_page_of_the_list_that_cannot_be_is_another_one(lobby, client, page):
    assert client.get(f"/panel/{page}/").status_code == 200
