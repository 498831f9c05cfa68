"""Who is here: a person is, not a tab; a reload is no leaving; who died is gone eventually."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from parlour import hub, presence
from parlour.database import run
from parlour.models import Lease
from parlour.testing import Page
from rooms.consumers import RoomConsumer
from tests.parlour.fake_listener import eventually
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]


def page_of(person):
    return Page(RoomConsumer, person, slug="lobby")


def names(page):
    """The people a page lists, and the count above them."""
    listed = page.document.find("room-lobby-people")
    return str(listed).count("<li"), [name for name in ("Ann", "Ben", "Gus") if f"<bdi>{name}" in flat(listed)]


def flat(element):
    return "".join(str(element).split())


def notes(page, words):
    return page.document.text().replace(" ", "").count(words.replace(" ", ""))


async def lists(page, *people):
    await page.until(lambda: names(page) == (len(people), list(people)), f"a list of {people}")


def lease(room, person, process, seconds):
    expires = timezone.now() + timedelta(seconds=seconds)
    return Lease.objects.create(name=room.people, holder=str(person.pk), process=process, expires=expires)


async def test_three_tabs_of_one_person_count_once(ann, ben, lobby):
    async with page_of(ben) as page:
        await lists(page, "Ben")
        async with page_of(ann), page_of(ann), page_of(ann):
            await lists(page, "Ann", "Ben")
            await asyncio.sleep(0.5)
            assert notes(page, "Ann joined the room") == 1


async def test_closing_one_of_two_tabs_is_no_leaving(ann, ben, lobby):
    async with page_of(ben) as page, page_of(ann) as tab:
        async with page_of(ann):
            await lists(page, "Ann", "Ben")
        await asyncio.sleep(0.6)
        assert names(page) == (2, ["Ann", "Ben"])
        assert tab.closed is None
        assert notes(page, "left the room") == 0


async def test_a_reload_within_the_grace_is_no_leaving(ann, ben, lobby, conf):
    conf(GRACE=1.0)
    async with page_of(ben) as page:
        await lists(page, "Ben")
        async with page_of(ann) as reloaded:
            await lists(page, "Ann", "Ben")
            await reloaded.cut()
            await asyncio.sleep(0.5)  # longer than lines are gathered
            await reloaded.resume()
            await asyncio.sleep(0.8)
            assert notes(page, "Ann joined the room") == 1
            assert notes(page, "left the room") == 0


async def test_who_stays_away_has_left(ann, ben, lobby):
    async with page_of(ben) as page:
        async with page_of(ann):
            await lists(page, "Ann", "Ben")
        await lists(page, "Ben")
        await page.until(lambda: notes(page, "Ann left the room") == 1)


async def test_several_who_come_and_go_together_are_one_line(ann, ben, gus, lobby):
    async with page_of(ben) as page:
        await lists(page, "Ben")
        async with page_of(ann), page_of(gus):
            await lists(page, "Ann", "Ben", "Gus")
        await lists(page, "Ben")
        assert notes(page, "Ann and Gus left the room") == 1


async def test_of_a_crowd_two_are_named_and_the_rest_counted(ann, ben, lobby):
    people = [get_user_model()(username=f"p{n}", display_name=f"P{n}") for n in range(5)]
    people = await get_user_model().objects.abulk_create(people)
    async with page_of(ben) as page:
        await lists(page, "Ben")
        await run(presence.record, "another", {(lobby.people, str(each.pk)) for each in people}, set())
        await page.until(lambda: notes(page, "P0, P1 and 3 others joined the room") == 1)


async def test_people_who_comes_one_after_the_other_is_told_in_few_lines(ben, lobby):
    people = [get_user_model()(username=f"p{n}", display_name=f"P{n}") for n in range(12)]
    people = await get_user_model().objects.abulk_create(people)
    async with page_of(ben) as page:
        await lists(page, "Ben")
        loop = asyncio.get_running_loop()
        began = loop.time()
        for each in people:
            await run(presence.record, "another", {(lobby.people, str(each.pk))}, set())
            await asyncio.sleep(0.03)
        await page.until(lambda: names(page)[0] == 13)
        assert notes(page, "joined the room") < (loop.time() - began) / 0.3 + 3


async def test_somebody_without_a_name_is_counted_by_nobody(ben, lobby):
    async with page_of(ben) as page, page_of(None):
        await asyncio.sleep(0.5)
        assert names(page) == (1, ["Ben"])


async def test_a_dead_processs_people_are_gone_when_its_leases_run_out(ann, ben, lobby):
    await run(lease, lobby, ann, "dead", 0.6)
    async with page_of(ben) as page:
        await lists(page, "Ann", "Ben")
        await lists(page, "Ben")
        assert notes(page, "Ann left the room") == 1
    assert not await Lease.objects.filter(process="dead").aexists()


async def test_a_person_in_two_processes_stays_while_one_of_them_lives(ann, ben, lobby):
    await run(lease, lobby, ann, "dead", 0.5)
    async with page_of(ben) as page, page_of(ann):
        await lists(page, "Ann", "Ben")
        await run(until, lambda: not Lease.objects.filter(process="dead").exists())
        assert await page.equals_fresh()
        assert names(page) == (2, ["Ann", "Ben"])
        assert notes(page, "left the room") == 0


async def test_leases_are_renewed_as_long_as_somebody_is_there(ann, lobby):
    async with page_of(ann) as page:
        await lists(page, "Ann")
        await asyncio.sleep(1.5)
        assert await Lease.objects.living(lobby.people).acount() == 1
        assert names(page) == (1, ["Ann"])


async def test_leases_swept_from_a_frozen_process_come_back_when_it_thaws(ann, ben, lobby):
    async with page_of(ann) as page, page_of(ben):
        await lists(page, "Ann", "Ben")
        await Lease.objects.all().adelete()
        await eventually(lambda: len(hub.current().presence.held) == 2)
        await asyncio.sleep(0.6)  # two renewals
        assert await Lease.objects.living(lobby.people).acount() == 2
        await lists(page, "Ann", "Ben")


async def test_presence_that_could_not_be_written_is_written_later(ann, lobby, monkeypatch):
    record, tries = presence.record, []

    def unwell(*args):
        tries.append(args)
        if len(tries) < 3:
            raise OSError("the database is away")
        return record(*args)

    monkeypatch.setattr(presence, "record", unwell)
    async with page_of(ann) as page:
        await lists(page, "Ann")
    assert len(tries) >= 3


async def test_presence_ends_when_its_process_is_told_to(ann, lobby):
    """A cancellation that meets a change must not be overheard: the server would wait for it in vain."""
    async with page_of(ann):
        own = hub.current().presence
        task = next(task for task in hub.current().tasks if "keep" in repr(task))
        await asyncio.sleep(0.05)
        own.changed.set()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        assert task.done()
