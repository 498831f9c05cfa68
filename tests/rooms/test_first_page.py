"""The first page: which rooms it lists, in which order, what it says of each, and that it stays right by itself."""

import re
import time

import pytest
from django.utils import timezone

from alerts.templatetags.alerts import daytime
from chat.rooms_list import LISTED, RoomListConsumer, RoomListStream
from parlour.database import run
from parlour.testing import Page
from rooms.models import Membership, Message, Room
from tests.rooms.posts import say


def listed(client, path="/"):
    """The rooms of a list of links, in its order."""
    page = client.get(path).content.decode()
    part = page.partition('<ul id="home-list"')[2] or page.partition('<nav class="room-list"')[2]
    return re.findall(r'href="/rooms/([\w-]+)/"', part.partition("</ul>")[0])


@pytest.mark.django_db(transaction=True)
def test_rooms_stand_in_the_same_order_as_beside_a_conversation(ann, ben, client):
    rooms = [Room.objects.create(title=title, owner=owner) for title, owner in (("A", ann), ("B", ann), ("C", ben))]
    for room in (rooms[2], rooms[1]):
        say(ann, room, "hello")
    client.force_login(ben)
    assert listed(client) == ["c", "b", "a"]
    assert listed(client) == listed(client, "/rooms/a/")


@pytest.mark.django_db(transaction=True)
def test_a_preview_says_what_was_said_and_when_without_its_markdown(ann, lobby, client):
    row = say(ann, lobby, "There is **tea** & `milk < cream`, see [the list](https://example.org/long)\n\n- a\n- b")
    page = client.get("/").content.decode()
    assert "There is tea &amp; milk &lt; cream, see the list a b" in page
    assert daytime(row.created) in page
    assert "today" in page


def seconds_of_processor(act):
    began = time.process_time()
    act()
    return time.process_time() - began


@pytest.mark.faults
@pytest.mark.django_db
def test_ten_thousand_rooms_are_pages_of_some(ann, client):
    rooms = Room.objects.bulk_create(Room(title=f"Room {n}", slug=f"room-{n}", owner=ann) for n in range(10_000))
    said = {"author": ann, "text": "so " * 60, "html": "so " * 60, "created": timezone.now(), "seq": 1, "changed": 1}
    Message.objects.bulk_create(Message(room=room, **said) for room in rooms)
    client.force_login(ann)
    page = client.get("/")
    assert len(page.content) < 60_000
    assert min(seconds_of_processor(lambda: client.get("/")) for _ in range(3)) < 0.15
    assert len(listed(client)) == LISTED
    assert not {*listed(client)} & {*listed(client, "/?page=2")}
    assert "?page=2" in page.content.decode()
    for beyond in ("334", "99999", "0", "-1", "x", "٣"):
        assert client.get("/", {"page": beyond}).status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_an_open_page_says_what_is_said_now_and_gains_and_loses_rooms_with_its_rights(
    ann, ben, lobby, fast_clocks, monkeypatch
):
    monkeypatch.setattr(RoomListStream, "gap", 0.05)
    monkeypatch.setattr(RoomListStream, "delay", 0)

    def make_team():
        room = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS, guests=Room.Guests.NONE)
        room.members.add(ann)
        say(ann, room, "the plans")
        return room

    team = await run(make_team)
    async with Page(RoomListConsumer, ben, page=1) as page, Page(RoomListConsumer, page=1) as nobody:
        await run(say, ann, lobby, "good **evening**")
        await page.shows("good evening")
        await nobody.shows("good evening")
        assert "Team" not in page.document.text()
        membership = await Membership.objects.acreate(room=team, person=ben)
        await page.shows("the plans")
        await membership.adelete()
        await page.until(lambda: "Team" not in page.document.text())
        lobby.title = "Parlour"
        await lobby.asave()
        await page.shows("Parlour")
        await lobby.adelete()
        await page.until(lambda: "Parlour" not in page.document.text())
        await run(say, ann, team, "more plans")
        assert "plans" not in nobody.document.text()
