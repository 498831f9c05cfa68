"""What people have not read: positions that follow their attention, counts of many rooms and people, live."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.rooms_list import RoomListConsumer
from parlour import Head
from parlour.streams import Ask
from parlour.testing import Page, lost_hints
from rooms import consumers
from rooms.models import Membership, Message, ReadPosition, Room
from rooms.permissions import rights
from rooms.streams import RoomRegion
from rooms.unread import MOST, UnreadStream, count, mark_unread, move
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import say
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = sync_to_async


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(UnreadStream, "delay", 0.6)
    monkeypatch.setattr("rooms.unread.STORED_AFTER", 0.05)


def position(person, room):
    return ReadPosition.objects.filter(person=person, room=room).values_list("seq", flat=True).first()


def unread(person, *rooms):
    counts = count([(person.pk, room.pk) for room in rooms])
    return [counts.get((person.pk, room.pk)) for room in rooms]


async def read_upto(page, person, room, row):
    for _ in range(1000):
        if await in_thread(position)(person, room) == row.seq:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"read up to {await in_thread(position)(person, room)}, not {row.seq}")


def counted(room, here):
    return f'unread-{room.pk}, #room-{here}-others"><span class="pl-pill" aria-hidden="true">1</span>'


def button(page):
    return page.document.part(page.region.id("newest"))


def test_lines_of_others_count_that_are_not_deleted_and_nothing_does_before_the_first_reading(ann, ben, lobby):
    first = say(ann, lobby, "before")
    assert unread(ben, lobby) == [None]
    move({(ben.pk, lobby.pk): first.seq})
    assert unread(ben, lobby) == [0]
    say(ben, lobby, "mine")
    row = say(ann, lobby, "one")
    say(ann, lobby, "two")
    assert unread(ben, lobby) == [2]
    Message.objects.filter(pk=row.pk).update(deleted=timezone.now())
    assert unread(ben, lobby) == [1]


def test_a_page_may_go_while_what_its_reader_has_not_read_is_counted(ann, ben, lobby, monkeypatch):
    other = Room.objects.create(title="Other", owner=ann)
    move({(ben.pk, lobby.pk): 0, (ben.pk, other.pk): 0})
    stream = RoomRegion(lobby, rights(ben, lobby)).read_by(ben, [lobby.pk, other.pk]).unread
    variant = stream.variant(ben)
    stream.answer([Ask(None, variant, stream.heads)])
    say(ann, lobby, "only here is something new")

    def gone_meanwhile(pairs):
        stream.forget(variant)
        return count(pairs)

    monkeypatch.setattr("rooms.unread.count", gone_meanwhile)
    ask = Ask(None, variant, stream.heads)
    assert "1" in stream.answer([ask]).fragments[ask]


async def test_what_could_not_be_stored_of_what_people_have_read_is_logged(ann, lobby, log_lines, monkeypatch):
    def broken(*_):
        raise ValueError("a disk that is full")

    await in_thread(say)(ann, lobby, "hello")
    async with RecordingPage(ann) as page:
        monkeypatch.setattr("rooms.unread.move", broken)
        await page.send(kind="seen", upto=1)
        await eventually(lambda: any("a disk that is full" in line for line in log_lines))


def test_a_position_moves_forward_only_and_a_room_that_is_gone_takes_nobody_elses(ann, ben, lobby):
    move({(ben.pk, lobby.pk): 5, (ann.pk, lobby.pk): 3})
    move({(ben.pk, lobby.pk): 4, (ann.pk, lobby.pk): 9, (ann.pk, 12345): 1})
    assert (position(ben, lobby), position(ann, lobby)) == (5, 9)


def test_any_number_of_rooms_and_people_are_counted_in_one_query_up_to_a_hundred(ann, ben, lobby, gus):
    rooms = [lobby, *(Room.objects.create(title=f"R{n}", owner=ann) for n in range(4))]
    made = {"author": ann, "text": "x", "html": "x", "created": timezone.now()}
    rows = [Message(room=room, seq=n, changed=n, **made) for room in rooms[:2] for n in range(1, MOST + 20)]
    Message.objects.bulk_create(rows)
    move({(person.pk, room.pk): 0 for person in (ann, ben, gus) for room in rooms})
    move({(gus.pk, lobby.pk): 110})
    asked = [(person.pk, room.pk) for person in (ann, ben, gus) for room in rooms]
    with CaptureQueriesContext(connection) as queries:
        counts = count(asked)
    assert len(queries) == 1
    assert [counts[ben.pk, room.pk] for room in rooms] == [MOST, MOST, 0, 0, 0]
    assert (counts[gus.pk, lobby.pk], counts[ann.pk, lobby.pk]) == (9, 0)


def test_for_a_member_counts_what_was_posted_since_they_were_added_in_whatever_way(ann, ben, gus, sue):
    room = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS, guests=Room.Guests.NONE)
    say_as = Membership.objects.create(room=room, person=ann)
    say(say_as.person, room, "before")
    Membership.objects.create(room=room, person=ben)
    room.members.add(gus)
    Membership.objects.bulk_create([Membership(room=room, person=sue)])
    say(ann, room, "after")
    assert [unread(each, room) for each in (ann, ben, gus, sue)] == [[0], [1], [1], [1]]


async def test_what_arrives_in_front_of_somebody_is_read_and_what_arrives_behind_their_back_counts(ann, ben, lobby):
    async with RecordingPage(ben) as page:
        await page.send(kind="seen")
        row = await in_thread(say)(ann, lobby, "in front of you")
        await read_upto(page, ben, lobby, row)
        await page.send(kind="away")
        await page.stays()
        await in_thread(say)(ann, lobby, "behind your back")
        await page.receives("(1) Lobby · Parlour")
        await page.until(lambda: "1 new" in button(page))
        assert not any("(2) Lobby" in frame for frame in page.frames)
        assert await page.equals_fresh()
        await page.send(kind="seen")
        await page.until(lambda: "To the newest" in button(page))
        assert await page.equals_fresh()


async def test_a_page_of_an_attentive_reader_never_counts_what_is_in_front_of_them(ann, ben, lobby, monkeypatch):
    monkeypatch.setattr(UnreadStream, "delay", 1.5)  # a busy machine stores late
    await in_thread(move)({(ben.pk, lobby.pk): 0})
    async with RecordingPage(ben) as page, RecordingPage(ben) as tab:
        await page.send(kind="seen")
        for text in ("one", "two", "three"):
            row = await in_thread(say)(ann, lobby, text)
            await page.shows(text)
        await read_upto(page, ben, lobby, row)
        await tab.stays(2)
        assert not [frame for each in (page, tab) for frame in each.frames if "(1) Lobby" in frame or "1 new" in frame]


async def test_who_reads_earlier_lines_has_not_read_what_arrives_until_they_are_back_at_the_newest(ann, ben, lobby):
    first = await in_thread(say)(ann, lobby, "first")
    async with RecordingPage(ben) as page:
        await page.send(kind="newest")  # as a page says when it is loaded: that is no sign of somebody
        await page.stays()
        assert await in_thread(position)(ben, lobby) is None
        await page.send(kind="seen")
        await read_upto(page, ben, lobby, first)
        await page.send(kind="above")
        await page.send(kind="seen")
        await in_thread(say)(ann, lobby, "second")
        last = await in_thread(say)(ann, lobby, "third")
        await page.until(lambda: "2 new" in button(page))
        await page.cut()
        assert any('name="above" value="1"' in frame for frame in page.frames)
        await page.resume(above="1")  # as the page then says
        await page.send(kind="seen")
        await page.stays(1)
        assert await in_thread(position)(ben, lobby) == first.seq
        await page.send(kind="newest")
        await read_upto(page, ben, lobby, last)
        await page.until(lambda: "To the newest" in button(page))


async def test_attention_that_ends_by_itself_reads_no_more(ann, ben, lobby, monkeypatch):
    monkeypatch.setattr(consumers, "ATTENTION", 0.3)
    async with RecordingPage(ben) as page:
        first = await in_thread(say)(ann, lobby, "first")
        await page.send(kind="seen")
        await read_upto(page, ben, lobby, first)
        await page.stays(0.5)
        await in_thread(say)(ann, lobby, "second")
        await page.until(lambda: "1 new" in button(page))
        assert await in_thread(position)(ben, lobby) == first.seq


async def test_the_pages_of_other_rooms_and_the_first_page_count_and_follow_what_is_read_elsewhere(
    ann, ben, lobby, monkeypatch
):
    monkeypatch.setattr("chat.rooms_list.RoomListStream.gap", 0.05)
    monkeypatch.setattr("chat.rooms_list.RoomListStream.delay", 0.05)
    den = await Room.objects.acreate(title="Den", owner=ann)
    unknown = await Room.objects.acreate(title="Unknown", owner=ann)
    await in_thread(move)({(ben.pk, lobby.pk): 0, (ben.pk, den.pk): 0})
    async with RecordingPage(ben, "den") as page, Page(RoomListConsumer, ben, page=1) as home:
        for room in (lobby, unknown):
            await in_thread(say)(ann, room, "hello")
        await page.receives(counted(lobby, "den"))
        await home.shows("1 unread")
        assert not [frame for frame in page.frames if f"unread-{unknown.pk}" in frame]
        page.frames.clear()
        async with RecordingPage(ben) as other:
            await other.send(kind="seen")
            await page.receives(f'innerHTML:#room-den-unread-{lobby.pk}, #room-den-others"></div>')
            await home.until(lambda: "1 unread" not in home.document.text())
        with lost_hints():
            await in_thread(say)(ann, lobby, "again")
            await page.receives(counted(lobby, "den"))


async def test_a_page_whose_counts_are_the_same_is_sent_nothing(ann, ben, lobby):
    den = await Room.objects.acreate(title="Den", owner=ann)
    await in_thread(move)({(ben.pk, lobby.pk): 0, (ben.pk, den.pk): 0})
    async with RecordingPage(ben, "den") as page:
        await in_thread(say)(ann, lobby, "one")
        await page.receives(f"room-den-unread-{lobby.pk}")
        before = len(page.frames)
        await in_thread(say)(ben, lobby, "my own")
        await page.stays(1)
        assert not [frame for frame in page.frames[before:] if "unread" in frame]
        await in_thread(say)(ann, lobby, "two")
        await page.receives('aria-hidden="true">2</span>')
        told = [frame for frame in page.frames[before:] if "unread" in frame]
        assert [frame.count("hx-swap-oob") for frame in told] == [2]  # the count of this room, and the cursor


async def test_a_room_that_is_followed_from_now_on_counts_on_pages_that_are_open(ann, ben, lobby):
    den = await Room.objects.acreate(title="Den", owner=ann)
    await in_thread(move)({(ben.pk, den.pk): 0})
    async with RecordingPage(ben, "den") as page:
        await in_thread(say)(ann, den, "read")
        await page.shows("read")
        async with RecordingPage(ben) as other:
            await other.send(kind="seen")
            row = await in_thread(say)(ann, lobby, "first")
            await read_upto(other, ben, lobby, row)
            await other.send(kind="away")
            await other.stays()
            frames = len(page.frames)
            await in_thread(say)(ann, lobby, "second")
            await page.receives(counted(lobby, "den"))
        assert not [frame for frame in page.frames[frames:] if "room-den-log" in frame], "the talk itself stays"


async def test_who_may_not_read_a_room_any_more_is_told_no_count_of_it(ann, ben, lobby):
    team = await Room.objects.acreate(title="Team", owner=ann, access=Room.Access.MEMBERS)
    await Membership.objects.acreate(room=team, person=ann)
    membership = await Membership.objects.acreate(room=team, person=ben)
    async with RecordingPage(ben) as page:
        await in_thread(say)(ann, team, "plans")
        await page.receives(counted(team, "lobby"))
        await membership.adelete()
        await page.stays(0.3)
        frames = len(page.frames)
        await in_thread(say)(ann, team, "more plans")
        await page.stays(1)
        assert not [frame for frame in page.frames[frames:] if f"unread-{team.pk}" in frame]


async def test_a_renamed_room_keeps_its_count_in_the_title(ann, ben, lobby):
    await in_thread(move)({(ben.pk, lobby.pk): 0})
    async with RecordingPage(ben) as page:
        await in_thread(say)(ann, lobby, "one")
        await page.receives("(1) Lobby · Parlour")
        lobby.title = "Parlour & Co"
        await lobby.asave()
        await page.receives("(1) Parlour &amp; Co · Parlour")


def test_a_page_shows_where_what_is_new_begins_and_how_much_it_is(ann, ben, lobby, client):
    den = Room.objects.create(title="Den", owner=ann)
    old = say(ann, lobby, "old")
    move({(ben.pk, lobby.pk): old.seq, (ben.pk, den.pk): 0})
    say(ben, lobby, "my own")
    new = say(ann, lobby, "new")
    say(ann, den, "elsewhere")
    client.force_login(ben)
    page = client.get("/rooms/lobby/").content.decode()
    line = page.index("New since you were here")
    assert page.index(">my own<") < line < page.index(f'id="room-lobby-{new.pk}"')
    assert "<title>(1) Lobby · Parlour</title>" in page
    beside = (
        f'<span id="room-lobby-unread-{den.pk}" class="pl-unread-lines"><span class="pl-pill" aria-hidden="true">1<'
    )
    assert beside in page
    assert beside in client.get("/beside/?here=lobby").content.decode()
    assert "1 unread" in client.get("/").content.decode()
    move({(ben.pk, lobby.pk): new.seq})
    page = client.get("/rooms/lobby/").content.decode()
    assert "New since you were here" not in page
    assert "<title>Lobby · Parlour</title>" in page


def test_counting_costs_a_page_of_a_room_one_statement(ann, ben, lobby, client):
    client.force_login(ben)
    client.get("/rooms/lobby/")
    with CaptureQueriesContext(connection) as before:
        client.get("/rooms/lobby/")
    row = say(ann, lobby, "one")
    move({(ben.pk, lobby.pk): row.seq})
    with CaptureQueriesContext(connection) as after:
        client.get("/rooms/lobby/")
    assert len(after) - len(before) == 1
    assert sum("AS unread" in query["sql"] for query in after) == 1


async def test_a_thousand_people_who_read_at_once_are_stored_by_one_write(ann, lobby):
    people = await in_thread(
        lambda: get_user_model().objects.bulk_create(get_user_model()(username=f"p{n}") for n in range(1000))
    )()
    read = {(person.pk, lobby.pk): 1 for person in people}
    await in_thread(move)(read)

    def again():
        with CaptureQueriesContext(connection) as queries:
            move(dict.fromkeys(read, 2))
        return len(queries)

    assert await in_thread(again)() <= 5
    assert await ReadPosition.objects.filter(seq=2).acount() == 1000


async def test_what_somebody_marks_unread_counts_again_and_stays_so_while_they_look_at_the_page(ann, ben, lobby):
    rows = [await in_thread(say)(ann, lobby, text) for text in ("one", "two", "three")]
    client = AsyncClient()
    await client.aforce_login(ben)
    async with RecordingPage(ben) as page, RecordingPage(ben, "lobby") as tab:
        await page.send(kind="seen")
        await read_upto(page, ben, lobby, rows[-1])
        await page.send(kind="above")  # as the press of the button says
        await page.receives('name="above"')
        answer = await client.post("/rooms/lobby/actions/", {"unread": rows[1].pk})
        assert answer.status_code == 302
        await tab.until(lambda: "2 new" in button(tab))
        await page.send(kind="seen")
        await page.stays(0.5)
        assert await in_thread(position)(ben, lobby) == rows[1].seq - 1
        assert "Mark unread from here" in (await client.get(f"/rooms/lobby/actions/{rows[0].pk}/")).content.decode()


def test_a_page_without_a_socket_says_up_to_what_its_reader_has_read(ann, ben, lobby, client, team):
    first = say(ann, lobby, "@ben, look")
    say(ann, lobby, "second")
    client.force_login(ben)
    assert f'name="upto" value="{first.seq + 1}"' in client.get("/rooms/lobby/").content.decode()
    assert client.post("/rooms/lobby/read/", {"upto": first.seq}).status_code == 302
    assert (position(ben, lobby), unread(ben, lobby)) == (first.seq, [1])
    assert client.post("/rooms/lobby/read/", {"upto": 10**6}, headers={"HX-Request": "true"}).status_code == 204
    assert (position(ben, lobby), unread(ben, lobby)) == (first.seq + 1, [0])
    assert client.post("/rooms/team/read/", {"upto": 1}).status_code == 404
    client.logout()
    assert client.post("/rooms/lobby/read/", {"upto": 1}).status_code == 302


def test_who_is_far_behind_is_led_to_the_first_line_they_have_not_read(ann, ben, lobby, client):
    first = say(ann, lobby, "first")
    move({(ben.pk, lobby.pk): 0})
    client.force_login(ben)
    assert "Read on where you were" not in client.get("/rooms/lobby/").content.decode()
    made = {"author": ann, "text": "x", "html": "x", "created": timezone.now()}
    Message.objects.bulk_create(Message(room=lobby, seq=n, changed=n, **made) for n in range(2, 60))
    Head.objects.filter(name=lobby.stream).update(seq=59)
    page = client.get("/rooms/lobby/").content.decode()
    assert f'href="/rooms/lobby/?at={first.pk}#room-lobby-{first.pk}"' in page
    assert "New since you were here" in client.get(f"/rooms/lobby/?at={first.pk}").content.decode()


def test_what_was_read_before_it_was_marked_unread_and_is_stored_late_does_not_count_as_read(ann, ben, lobby):
    rows, before = [say(ann, lobby, text) for text in ("one", "two")], timezone.now()
    mark_unread(ben, lobby, None, rows[0], "")
    move({(ben.pk, lobby.pk): rows[1].seq}, before)
    assert unread(ben, lobby) == [2]
    move({(ben.pk, lobby.pk): rows[1].seq})
    assert unread(ben, lobby) == [0]


def test_an_account_that_is_gone_keeps_nobody_from_having_read(ann, ben, lobby):
    gone = ben.pk
    ben.delete()
    move({(gone, lobby.pk): 4, (ann.pk, lobby.pk): 3})
    assert position(ann, lobby) == 3
