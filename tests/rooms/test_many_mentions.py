"""Somebody who mentions and mentions: one line, one toast, and soon nobody is told; a guest rings few."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from alerts.testing import BellPage
from parlour.presence import record
from rooms import mentions
from rooms.models import Membership, Message, NotificationLevel, Room
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)


async def test_many_of_one_author_in_one_room_are_one_line_and_one_toast(ann, ben, lobby):
    async with BellPage(ben) as page:
        await page.receives("bell-cursor-bell-count")
        for n in range(1, 5):
            await sync_to_async(say)(ann, lobby, f"@ben {n}")
            await page.shows(f"{n} unseen")
        await page.shows("Ann mentioned you in Lobby, 4 times")
        assert page.document.part("bell-lines").count("<li") == 1
        assert sum("beforeend:#bell-toasts" in frame for frame in page.frames) == 1
        assert sum("innerHTML:#bell-announce" in frame for frame in page.frames) == 1
        assert await page.equals_fresh()


def test_who_has_mentioned_too_many_tells_nobody_and_is_told_so(ann, ben, gus, lobby):
    for person, text, most in ((gus, "@ann @ben", 8), (ann, "@ben", 24)):
        for each in (ann, ben):
            say(each, lobby, "hello")
        before = Alert.objects.count(), Message.objects.count()
        said = [say(person, lobby, f"{text} {n}") for n in range(25)]
        assert most // 2 < Alert.objects.count() - before[0] <= most
        assert len(set(said)) == Message.objects.count() - before[1] == 25
        assert said[0].unheard == ""
        assert said[-1].unheard == mentions.TOO_MANY
        assert "mention" in said[-1].html


def test_a_guest_tells_only_who_is_here_or_has_spoken_here(ann, ben, gus, lobby):
    assert say(gus, lobby, "@ben?").unheard == mentions.NOT_HERE
    assert not lines(ben)
    record("process", {(lobby.people, str(ben.pk))}, set())
    assert say(gus, lobby, "@ben!").unheard == ""
    assert lines(ben) == ["Gus mentioned you in Lobby"]
    say(ann, lobby, "hello")
    say(gus, lobby, "@ann!")
    assert lines(ann) == ["Gus mentioned you in Lobby"]


def test_who_wants_no_mentions_is_not_given_away(gus, ben, lobby):
    say(ben, lobby, "hello")
    NotificationLevel.objects.create(room=lobby, person=ben, level="nothing")
    assert say(gus, lobby, "@ben").unheard == ""
    assert not lines(ben)


async def test_its_author_reads_in_the_room_that_nobody_was_alerted(gus, ben, lobby):
    async with RecordingPage(gus) as room:
        await room.send(kind="say", text="@ben?")
        await room.shows(mentions.NOT_HERE)
        await room.shows("@ben?")
        await room.send(kind="say", text="well")
        await room.until(lambda: mentions.NOT_HERE not in room.document.text())


def test_its_author_reads_it_on_a_plain_page_too(client, gus, ben, lobby):
    client.force_login(gus)
    page = client.post("/rooms/lobby/messages/", {"text": "@ben?", "page": "", "acked": "0"}, follow=True)
    assert "reaches those who are here" in page.content.decode()
    assert Message.objects.get().text == "@ben?"


def test_a_mention_in_a_room_of_members_costs_the_same_for_twenty_as_for_one(ann):
    team = Room.objects.create(title="Team", access="members", owner=ann)
    people = [get_user_model().objects.create_user(f"member{n}") for n in range(20)]
    Membership.objects.bulk_create(Membership(room=team, person=person) for person in [ann, *people])
    say(ann, team, "@member0")
    with CaptureQueriesContext(connection) as alone:
        say(ann, team, "@member1")
    with CaptureQueriesContext(connection) as queries:
        say(ann, team, " ".join(f"@member{n}" for n in range(2, 20)))
    assert len(queries) <= len(alone) + 1
    assert all(lines(person) for person in people)
