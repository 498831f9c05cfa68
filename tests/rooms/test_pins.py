"""Pinned messages: who may pin, and a list in the head of every page that leads to them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parlour.database import run
from rooms.actions import ActionRefused
from rooms.editing import edit
from rooms.models import Message, Room
from rooms.moderation import remove
from rooms.pins import MOST, pinned_in, set_pinned
from rooms.posting import prepare
from rooms.send_once import NumberedText
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tea(ann, lobby):
    return say(ann, lobby, "Tea at **four**")


def act(client, message, name="pin", room="lobby"):
    return client.post(f"/rooms/{room}/actions/", {name: message.pk}, headers={"HX-Request": "true"})


def pinned(client, room="lobby"):
    """Where the list leads, and its words."""
    page = (
        client.get(f"/rooms/{room}/").content.decode().partition('class="pl-pins"')[2].partition('class="pl-scroll"')[0]
    )
    return re.findall(r'href="(\?[^"]+)"', page), " ".join(re.sub("<[^>]+>", " ", page).split())


def test_who_manages_a_room_pins_a_message_and_the_head_leads_to_it(ann, lobby, tea, client):
    client.force_login(ann)
    assert pinned(client)[0] == []
    act(client, tea)
    links, words = pinned(client)
    assert links == [f"?at={tea.pk}#room-lobby-{tea.pk}"]
    assert "1 pinned message Ann" in words
    assert "Tea at four" in words
    act(client, later := say(ann, lobby, "Cake"))
    assert [f"?at={each.pk}#room-lobby-{each.pk}" for each in (later, tea)] == pinned(client)[0]
    act(client, later, "unpin")
    assert pinned(client)[0] == links


def test_others_do_not_but_in_a_direct_conversation_everybody_does(ann, ben, lobby, tea, client):
    client.force_login(ben)
    assert "This cannot be done any more." in act(client, tea).content.decode()
    assert 'name="pin"' not in client.get(f"/rooms/lobby/actions/{tea.pk}/").content.decode()
    direct = Room.objects.create(title="Ann, Ben", access=Room.Access.DIRECT, people_key="x")
    direct.members.add(ann, ben)
    row = say(ann, direct, "At four")
    assert 'name="pin"' in client.get(f"/rooms/{direct.slug}/actions/{row.pk}/").content.decode()
    act(client, row, room=direct.slug)
    assert len(pinned(client, direct.slug)[0]) == 1


async def test_open_pages_and_those_that_come_back_have_the_list(ann, ben, lobby, tea):
    async with RecordingPage(ann) as page, RecordingPage(ben) as other:
        await other.cut()
        await run(set_pinned, tea.pk, True)
        await page.receives("1 pinned message")
        await other.resume()
        await other.receives("1 pinned message")
        for each in (page, other):
            assert await each.equals_fresh()


async def test_the_list_follows_what_becomes_of_a_message(ann, lobby, tea):
    await run(set_pinned, tea.pk, True)
    async with RecordingPage(ann) as page:
        await run(edit, tea.pk, prepare(lobby.pk, ann.pk, NumberedText("", 0, "Tea at five")), "first")
        await page.until(lambda: "Tea at five" in pins_of(page), "the list")
        await run(remove, [tea.pk])
        await page.until(lambda: not pins_of(page), "an empty list")
        await run(tea.refresh_from_db)
        assert tea.pinned is None


def pins_of(page):
    """The list as the last frame that has it shows it."""
    sent = [frame.partition("innerHTML:#room-lobby-pins")[2] for frame in page.frames]
    return next((each.partition("</div>")[0] for each in reversed(sent) if each), "").partition(">")[2]


def test_a_room_has_so_many_and_says_so(ann, lobby, client):
    client.force_login(ann)
    for n in range(MOST):
        set_pinned(say(ann, lobby, f"n {n}").pk, True)
    answer = act(client, say(ann, lobby, "one too many"))
    assert "Unpin one of them first." in answer.content.decode()
    assert len(pinned(client)[0]) == MOST


def test_a_message_that_is_deleted_cannot_be_pinned_and_that_is_said(tea):
    remove([tea.pk])
    with pytest.raises(ActionRefused, match="deleted"):
        set_pinned(tea.pk, True)


def test_a_room_without_any_is_asked_for_none(ann, lobby, tea, client):
    client.force_login(ann)
    with CaptureQueriesContext(connection) as asked:
        client.get("/rooms/lobby/")
    assert not [each for each in asked if '"pinned" IS NOT NULL' in each["sql"]]


def test_sqlite_finds_them_by_their_index_and_does_not_read_the_whole_room(lobby, tea):
    set_pinned(tea.pk, True)
    with CaptureQueriesContext(connection) as asked:
        assert [each["pk"] for each in pinned_in(lobby)] == [tea.pk]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}")
        assert "parlour_rooms_pinned (room_id=?)" in str(cursor.fetchall())


def test_one_that_has_no_number_yet_is_not_among_them(lobby, tea):
    set_pinned(tea.pk, True)
    Message.objects.update(seq=None)
    assert pinned_in(lobby) == []
