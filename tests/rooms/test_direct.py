"""Direct conversations: one for each set of people, whoever begins it; theirs alone, and they hear of each message."""

import re

import pytest
from django.contrib.auth import get_user_model

from rooms.direct import MOST, direct_room
from rooms.models import Membership, NotificationLevel, Room
from rooms.permissions import rights
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(ann, ben):
    return direct_room([ann, ben])


def test_there_is_one_for_each_set_of_people_whoever_begins_it(ann, ben, sue, room):
    assert direct_room([ben, ann, ann]) == room
    group = direct_room([ann, ben, sue])
    assert group != room
    assert direct_room([sue, ann, ben]) == group
    Membership.objects.get(room=room, person=ben).delete()
    assert direct_room([ann, ben]) == room
    assert rights(ben, room).write
    many = [get_user_model().objects.create_user(f"p{n}") for n in range(MOST)]
    direct_room(many)
    for people in ([ann], [ann, ann], [*many, ann]):
        with pytest.raises(ValueError, match="2 to 8"):
            direct_room(people)


def test_its_address_tells_no_names_and_it_is_nothing_to_anybody_else(ann, ben, sue, gus, room, client):
    assert re.fullmatch("[a-z0-9]{16}", room.slug)
    for person in (sue, gus):
        client.force_login(person)
        assert client.get(room.get_absolute_url()).status_code == 404
        assert client.post(f"/rooms/{room.slug}/messages/", {"text": "let me in"}).status_code == 404
        assert room.slug not in client.get("/").content.decode()
    client.logout()
    assert client.get(room.get_absolute_url()).status_code == 404


def test_nobody_manages_it_and_it_cannot_be_opened(ann, sue, client):
    room = direct_room([ann, sue])
    assert rights(sue, room) == rights(ann, room)
    assert not rights(sue, room).manage
    client.force_login(sue)
    for page in ("settings", "members", "delete", "invitations", "archive"):
        assert client.post(f"/rooms/{room.slug}/{page}/", {"title": "Open", "access": "open"}).status_code in (403, 404)
    room.access, room.guests = Room.Access.OPEN, Room.Guests.WRITE
    room.save()
    room.refresh_from_db()
    assert (room.access, room.guests) == (Room.Access.DIRECT, Room.Guests.NONE)
    made = client.post("/rooms/new/", {"title": "x", "about": "", "access": "direct", "guests": "none"})
    assert made.status_code == 422


def test_everybody_in_it_is_told_of_every_message_unless_they_want_otherwise(ann, ben, sue):
    room = direct_room([ann, ben, sue])
    say(ann, room, "psst")
    assert lines(ben) == lines(sue) == ["Ann wrote to you"]
    assert lines(ann) == []
    NotificationLevel.objects.filter(person=ben).update(level=NotificationLevel.Level.NOTHING)
    direct_room([ann, ben, sue])
    say(ann, room, "again")
    assert lines(ben) == []
    assert lines(sue) == ["Ann wrote to you: 2 messages"]


def test_lists_and_head_show_who_is_in_it_alike_for_all_and_each_reader_is_left_out_by_their_style_sheet(
    ann, ben, room, client
):
    shown = re.compile(r'<span class="pl-with">(.*?)</span>')
    people = f'<bdi data-author="{ann.pk}">Ann</bdi><bdi data-author="{ben.pk}">Ben</bdi>'
    for reader, other in ((ann, "Ben"), (ben, "Ann")):
        client.force_login(reader)
        for path, times in (("/", 1), (room.get_absolute_url(), 2), (f"/beside/?here={room.slug}", 1)):
            assert shown.findall(client.get(path).content.decode()) == [people] * times, path
        assert re.search(
            rf"<title>[^<]*(?<!, ){other} · Parlour", client.get(room.get_absolute_url()).content.decode(), re.DOTALL
        )
        assert f'.pl-with [data-author="{reader.pk}"]' in client.get(f"/rooms/mine/{reader.pk}.css").content.decode()
    ben.display_name = "Benjamin"
    ben.save()
    assert "Benjamin</bdi>" in client.get("/").content.decode()


async def test_a_conversation_is_live_for_those_in_it(ann, ben, room):
    async with RecordingPage(ann, slug=room.slug) as here, RecordingPage(ben, slug=room.slug) as there:
        await here.send(kind="say", text="between us")
        await there.shows("between us")
        assert await here.equals_fresh()


def test_a_form_begins_one_or_says_why_not(ann, ben, sue, gus, client):
    client.force_login(gus)
    assert client.post("/conversations/new/", {"people": "ann"}).headers["Location"] == "/accounts/signup/"
    client.force_login(ann)
    assert client.get("/conversations/new/").status_code == 200
    for wrong in ("", " , ", "nobody", "ben, nobody", "ann", gus.username):
        answer = client.post("/conversations/new/", {"people": wrong})
        assert answer.status_code == 422, wrong
    assert not Room.objects.exists()
    for names, people in (("BEN", [ann, ben]), (" @ben,sue, ann ", [ann, ben, sue])):
        answer = client.post("/conversations/new/", {"people": names})
        assert answer.headers["Location"] == direct_room(people).get_absolute_url()
    assert Room.objects.count() == 2


def test_a_name_that_is_not_ascii_is_found_in_any_case(ann, client):
    client.force_login(ann)
    for name in ("Änne", "Γιώργος", "Straßer"):
        get_user_model().objects.create_user(name)
        for typed in (name, name.lower(), name.upper()):
            assert client.post("/conversations/new/", {"people": typed}).status_code == 302, typed
