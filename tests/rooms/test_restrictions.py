"""Who is banned or muted in a room, for how long, and slow mode: on every way in, and on pages that are open."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts import tokens
from alerts import notify
from alerts.models import Alert
from parlour.database import run
from rooms.actions import ActionRefused
from rooms.editing import edit, version_of
from rooms.markup import TextRejected
from rooms.mentions import named_in
from rooms.models import Message, NotificationLevel, Restriction, Room
from rooms.moderation import lift, restrict, set_slow_mode
from rooms.permissions import rights, rights_of_all
from rooms.posting import post, prepare
from rooms.reactions import react
from rooms.send_once import NumberedText
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)


def restricted(room, person, kind, seconds=3600.0, reason=""):
    until = seconds and timezone.now() + timedelta(seconds=seconds)
    return Restriction.objects.create(room=room, person=person, kind=kind, until=until or None, reason=reason)


def may(person, room):
    found = rights(person, Room.objects.get(pk=room.pk))
    return found.read, found.write


@pytest.mark.parametrize("name", ["ben", "gus"])
def test_who_is_muted_reads_who_is_banned_does_not_and_both_end_by_themselves(lobby, request, name):
    person = request.getfixturevalue(name)
    for kind, seconds, allowed in [
        ("mute", 3600, (True, False)),
        ("mute", -1, (True, True)),
        ("ban", 3600, (False, False)),
        ("ban", 0, (False, False)),
        ("ban", -1, (True, True)),
    ]:
        Restriction.objects.all().delete()
        restricted(lobby, person, kind, seconds)
        assert may(person, lobby) == allowed, (kind, seconds)
        assert rights_of_all([(person, Room.objects.get(pk=lobby.pk))])[person.pk, lobby.pk][:2] == allowed


def test_a_ban_counts_before_a_mute_and_nothing_counts_for_who_manages(lobby, ann, ben):
    for person in (ann, ben):
        restricted(lobby, person, "ban")
        restricted(lobby, person, "mute")
    assert may(ben, lobby) == (False, False)
    assert may(ann, lobby) == (True, True)


def test_rooms_in_which_nobody_was_restricted_are_asked_nothing_more(lobby, ann, ben):
    other = Room.objects.create(title="Other", owner=ann)

    def statements(room):
        say(ben, room, "warm")
        with CaptureQueriesContext(connection) as queries:
            say(ben, room, "hello")
            rights(ben, Room.objects.get(pk=room.pk))
        return [query["sql"] for query in queries]

    before = len(statements(lobby))
    restricted(other, ben, "mute", -1)
    assert len(statements(lobby)) == before
    assert not [sql for sql in statements(lobby) if "parlour_rooms_restriction" in sql]
    assert len(statements(other)) == before + 2


def test_a_banned_person_is_told_why_and_until_when_and_the_room_is_in_none_of_their_lists(lobby, ben, client):
    say(ben, lobby, "the plans")
    client.force_login(ben)
    restricted(lobby, ben, "ban", 7000, "Spam.")
    answer = client.get("/rooms/lobby/")
    assert answer.status_code == 403
    assert "You are banned from this room. You can come back in 1\xa0hour. Spam." in answer.content.decode()
    for page in ("/", "/beside/"):
        assert "the plans" not in (listed := client.get(page).content.decode())
        assert "Lobby" not in listed
    assert client.post("/rooms/lobby/messages/", {"text": "let me in"}).status_code == 403
    assert client.get("/rooms/lobby/older/?upto=9").status_code == 403


def test_a_banned_person_is_alerted_of_nothing_there_and_can_be_mentioned_by_nobody(team, ann, ben):
    team.members.add(ben)
    NotificationLevel.objects.create(room=team, person=ben, level="everything")
    say(ann, team, "before @ben")
    assert lines(ben) == ["Ann mentioned you in Team"]
    ban = restricted(team, ben, "ban")
    team.refresh_from_db()
    assert lines(ben) == []
    assert named_in("@ben", team.pk, ann.pk) == {}
    notify(team, "news", "For members")
    say(ann, team, "after")
    assert lines(ben) == []
    ban.delete()
    assert Alert.objects.exists()
    assert "For members" in lines(ben)


def test_a_text_of_a_muted_person_comes_back_with_the_time_that_is_left(lobby, ben, client):
    restricted(lobby, ben, "mute", 7200)
    client.force_login(ben)
    answer = client.post("/rooms/lobby/messages/", {"text": "kept words"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "You can write here again in 2\xa0hours." in page
    assert "kept words" in page
    assert not lobby.messages.exists()
    assert page.count("kept words") == 1
    assert '<p class="pl-invite">You can write here again in 2\xa0hours.</p>' in page, "for the composer"


def one(room, person, text, n=1):
    return prepare(room.pk, person.pk, NumberedText("0123456789abcdef", n, text))


def test_slow_mode_takes_one_text_a_while_in_every_process_and_confirms_what_it_took(lobby, ann, ben):
    set_slow_mode(lobby, ann, 30)
    first, second = post([one(lobby, ben, "one"), one(lobby, ben, "two", 2)])
    assert isinstance(first, Message)
    assert str(second) == "You can write here again in 30 seconds."
    [again] = post([one(lobby, ben, "one")])
    assert again.pk == first.pk, "a repeat"
    [third] = post([one(lobby, ben, "three", 3)])
    assert isinstance(third, TextRejected), "the row says so, not the memory of a process"
    assert all(isinstance(row, Message) for row in post([one(lobby, ann, "a"), one(lobby, ann, "b", 2)])), "manages"
    Restriction.objects.update(until=timezone.now())
    assert isinstance(post([one(lobby, ben, "four", 4)])[0], Message)
    set_slow_mode(lobby, ann, 0)
    assert isinstance(post([one(lobby, ben, "five", 5)])[0], Message)
    assert not Room.objects.get(pk=lobby.pk).has_restrictions


def test_slow_mode_takes_one_of_what_is_sent_at_the_same_time_through_several_processes(lobby, ann, ben):
    set_slow_mode(lobby, ann, 30)

    def send(n):
        try:
            return post([one(lobby, ben, f"text {n}", n)])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(1, 9)))
    assert sum(isinstance(each, Message) for each in outcomes) == 1


async def test_an_open_page_ends_when_its_reader_is_banned_with_words(ann, ben, lobby, fast_clocks):
    async with RecordingPage(ben) as page:
        await run(restrict, lobby, ann, ben, "ban", "hour", "Spam.")
        await page.ends(4003)
        assert "You can come back in 1\xa0hour. Spam." in page.frames[-1]


async def test_a_mute_and_its_end_are_said_on_an_open_page_whose_composer_stays(ann, ben, lobby, fast_clocks):
    async with RecordingPage(ben) as page:
        await page.send(kind="say", text="hello", page="0123456789abcdef", acked="0")
        await page.shows("hello")
        await run(restrict, lobby, ann, ben, "mute", "minutes")
        await page.shows("You can write here again in 10 minutes.")
        await page.send(kind="say", text="let me", page="0123456789abcdef", acked="1")
        await page.until(lambda: "let me" in page.document.part("room-lobby-err"), "it comes back")
        mute = await Restriction.objects.select_related("room", "person").aget()
        await run(lift, mute, ann)
        await page.until(lambda: "again in" not in page.document.part("room-lobby-note"), "the words go")


async def test_a_mute_is_said_in_the_language_of_the_page(ann, ben, lobby, fast_clocks):
    with translation.override("de"):
        page = RecordingPage(ben)
    async with page:
        await run(restrict, lobby, ann, ben, "mute", "day")
        await page.shows("1 Tag")


async def test_who_was_muted_when_the_page_was_loaded_gets_a_composer_when_that_ends(ben, lobby, fast_clocks):
    await run(restricted, lobby, ben, "mute", 1)
    async with RecordingPage(ben) as page:
        await page.cut()
        await page.resume(met="")  # as a page without a composer sends it
        await page.receives('<div hx-get="/rooms/lobby/panel/" hx-trigger="load"')


def test_a_bot_is_restricted_with_its_owner_and_so_is_one_made_meanwhile(lobby, ben, client):
    say(ben, lobby, "hello")

    def bearer(name):
        return {"HTTP_AUTHORIZATION": f"Bearer {tokens.make_token(ben, name, ['read', 'post'], [lobby], 9)}"}

    address, text = "/api/rooms/lobby/messages/", {"data": {"text": "beep"}, "content_type": "application/json"}
    robots = [bearer("One")]
    mute = restricted(lobby, ben, "mute", 3000)
    robots.append(bearer("Two"))
    for robot in robots:
        answer = client.post(address, **text, **robot)
        assert (answer.status_code, answer.json()["error"]) == (403, "You can write here again in 50\xa0minutes.")
    mute.delete()
    assert client.post(address, **text, **robots[0]).status_code == 201
    restricted(lobby, ben, "ban")
    assert client.get(address, **robots[0]).status_code == 404


def test_a_bot_hears_how_long_it_has_to_wait_in_slow_mode(lobby, ann, ben, client):
    set_slow_mode(lobby, ann, 90)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.make_token(ben, 'One', ['post'], [lobby], 9)}"}
    text = {"data": {"text": "beep"}, "content_type": "application/json"}
    answers = [client.post("/api/rooms/lobby/messages/", **text, **bearer) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 429]
    assert answers[1]["Retry-After"] == "90"


def test_who_is_muted_while_they_react_or_edit_does_neither(lobby, ann, ben):
    row = say(ben, lobby, "before")
    text = prepare(lobby.pk, ben.pk, NumberedText("", 0, "after"))
    restricted(lobby, ben, "mute")
    for late in (lambda: react(ben, row.pk, "👍"), lambda: edit(row.pk, text, version_of(row))):
        with pytest.raises(ActionRefused):
            late()
    row.refresh_from_db()
    assert (row.text, row.reactions) == ("before", None)
