"""What is in front of somebody is no news to them: while they are at a room's page, and when they come to it."""

import pytest
from asgiref.sync import sync_to_async

from alerts.bell import bells
from alerts.models import Mark
from alerts.testing import BellPage
from parlour import hub
from parlour.testing import Page
from rooms import consumers
from rooms.models import Membership, NotificationLevel, Room
from rooms.reading import readers_now
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = sync_to_async


def unseen(person):
    return bells([person.pk])[person.pk].unseen


async def _at(page, person, room, is_there):
    for _ in range(1000):
        if (person.pk in await in_thread(readers_now)(room)) is is_there:
            return
        await page.until(lambda: True)
        await in_thread(lambda: None)()
    raise AssertionError(f"at the page: not {is_there}")


async def test_who_is_at_the_page_is_mentioned_without_a_toast_and_finds_it_read(ann, ben, lobby):
    await NotificationLevel.objects.acreate(room=lobby, person=ben)  # the first telling makes one, and the bell new
    async with RecordingPage(ben) as page, BellPage(ben) as bell:
        await page.send(kind="seen")
        await _at(page, ben, lobby, True)
        await in_thread(say)(ann, lobby, "@ben, in front of you")
        await bell.shows("Ann mentioned you")
        assert await in_thread(unseen)(ben) == 0
        assert not [frame for frame in bell.frames if "bell-toasts" in frame]
        await page.send(kind="away")
        await _at(page, ben, lobby, False)
        await in_thread(say)(ann, lobby, "@ben, behind your back")
        await bell.receives("beforeend:#bell-toasts")
        assert await in_thread(unseen)(ben) == 1


async def test_whoever_hears_everything_of_a_room_is_spared_what_they_read_there(ann, ben, lobby):
    await NotificationLevel.objects.acreate(room=lobby, person=ben, level=NotificationLevel.Level.EVERYTHING)
    async with RecordingPage(ben) as page:
        await page.send(kind="seen")
        await _at(page, ben, lobby, True)
        await in_thread(say)(ann, lobby, "to all")
        assert await in_thread(unseen)(ben) == 0


async def test_coming_to_a_room_marks_read_what_was_told_in_it_and_nothing_else(ann, ben, lobby):
    other = await Room.objects.acreate(title="Other", owner=ann)
    await in_thread(say)(ann, lobby, "@ben, here")
    await in_thread(say)(ann, other, "@ben, there")
    async with RecordingPage(ben) as page, BellPage(ben) as bell:
        assert await in_thread(unseen)(ben) == 2
        await page.send(kind="seen")
        await bell.shows("1 unseen")
    unread = Mark.objects.filter(read__isnull=False)
    assert await unread.acount() == 1
    assert await in_thread(lines)(ben) == ["Ann mentioned you in Other", "Ann mentioned you in Lobby"]


async def test_it_ends_with_the_page_and_with_time_and_another_tab_keeps_it(ann, ben, lobby, conf, monkeypatch):
    conf(GRACE=60)  # who looks away or leaves is not waited for
    async with RecordingPage(ben) as first:
        await first.send(kind="seen")
        async with RecordingPage(ben) as second:
            await second.send(kind="seen")
            await _at(first, ben, lobby, True)
            await first.send(kind="away")
            await first.stays()
            await _at(first, ben, lobby, True)
        await _at(first, ben, lobby, False)
        monkeypatch.setattr(consumers, "ATTENTION", 0.5)
        for _ in range(4):  # each sign is good for as long again
            await first.send(kind="seen")
            await first.stays(0.2)
        await _at(first, ben, lobby, True)
        await _at(first, ben, lobby, False)


async def test_a_page_that_only_reads_counts_too_and_a_stranger_does_not(ann, ben, lobby):
    await Room.objects.filter(pk=lobby.pk).aupdate(access="members", guests="none")
    await Membership.objects.acreate(room=lobby, person=ben)
    async with RecordingPage(ben) as page:
        await page.send(kind="seen")
        await _at(page, ben, lobby, True)
    await Room.objects.filter(pk=lobby.pk).aupdate(access="open", guests="read")
    async with Page(consumers.RoomConsumer, None, slug="lobby") as nobody:
        await nobody.send(kind="seen")
        await nobody.send(kind="say", text="to be told how to write")
        await nobody.shows("Choose a name first")
        assert lobby.reading not in {name for name, _ in hub.current().presence.tabs}
        await nobody.send(kind="away")
        await nobody.send(kind="typing")
        assert nobody.closed is None


async def test_the_signs_of_one_person_are_bounded(ann, ben, lobby):
    async with RecordingPage(ben) as page:
        for _ in range(20):
            await page.send(kind="seen")
            await page.send(kind="away")
        await page.send(kind="seen")  # one too many: as if nobody were there, so nothing is missed
        await page.stays()
        await _at(page, ben, lobby, False)
        await in_thread(say)(ann, lobby, "@ben, look")
        assert await in_thread(unseen)(ben) == 1
