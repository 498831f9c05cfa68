"""Who is here: a person is, not a tab; a reload is no leaving; who died is gone eventually."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from parlour import hub, presence, writes
from parlour.database import run
from parlour.models import Lease, LeaseQuerySet, read_heads
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]
NOTICED = 0.6  # seconds in which a leaving would have been told: the grace, and lines gathered for a while


def names(page):
    """The people a page lists, and the count above them."""
    listed = "".join(str(page.document.find("room-lobby-people")).split())
    return listed.count("<li"), [name for name in ("Ann", "Ben", "Gus") if f"<bdi>{name}" in listed]


def notes(page, words):
    return page.document.text().replace(" ", "").count(words.replace(" ", ""))


async def lists(page, *people):
    await page.until(lambda: names(page) == (len(people), list(people)), f"a list of {people}")


async def expire(**which):
    await Lease.objects.filter(**which).aupdate(expires=timezone.now() - timedelta(seconds=1))


async def strangers(many):
    """People who are in the database and nowhere else yet: P0, P1, …"""
    people = [get_user_model()(username=f"p{n}", display_name=f"P{n}") for n in range(many)]
    return [str(each.pk) for each in await get_user_model().objects.abulk_create(people)]


async def test_tabs_of_one_person_count_once_and_closing_one_is_no_leaving(ann, ben, lobby):
    async with RecordingPage(ben) as page:
        await lists(page, "Ben")
        async with RecordingPage(ann) as tab:
            async with RecordingPage(ann), RecordingPage(ann), RecordingPage():  # who has no name is not counted
                await lists(page, "Ann", "Ben")
            await asyncio.sleep(NOTICED)
            assert tab.closed is None
            assert names(page) == (2, ["Ann", "Ben"])
            assert notes(page, "left the room") == 0
        await lists(page, "Ben")
        await page.until(lambda: notes(page, "Ann left the room") == 1)
        assert notes(page, "Ann joined the room") == 1
        assert hub.current().presence.leaving == {}


async def test_a_reload_within_the_grace_is_no_leaving(ann, ben, lobby, conf):
    conf(GRACE=3.0)
    async with RecordingPage(ben) as page:
        await lists(page, "Ben")
        async with RecordingPage(ann) as reloaded:
            await lists(page, "Ann", "Ben")
            await reloaded.cut()
            [leaving] = hub.current().presence.leaving.values()
            await asyncio.sleep(0.4)  # longer than lines are gathered
            await reloaded.resume()
            assert leaving.cancelled()
            await page.send(kind="say", text="after it")
            await page.shows("after it")
            assert notes(page, "Ann joined the room") == 1
            assert notes(page, "left the room") == 0


async def test_several_who_come_and_go_together_are_one_line(ann, ben, gus, lobby):
    async with RecordingPage(ben) as page:
        await lists(page, "Ben")
        async with RecordingPage(ann), RecordingPage(gus):
            await lists(page, "Ann", "Ben", "Gus")
        await lists(page, "Ben")
        assert notes(page, "Ann and Gus left the room") == 1
        people = {(lobby.people, pk) for pk in await strangers(5)}
        await run(presence.record, "another", people, set())
        await page.until(lambda: notes(page, "P0, P1 and 3 others joined the room") == 1)


async def test_a_dead_processs_people_are_gone_when_its_leases_run_out_and_those_elsewhere_stay(ann, ben, gus, lobby):
    await run(presence.record, "dead", {(lobby.people, str(each.pk)) for each in (ann, gus)}, set())
    async with RecordingPage(ben) as page, RecordingPage(gus):
        await lists(page, "Ann", "Ben", "Gus")
        await expire(process="dead")
        await lists(page, "Ben", "Gus")
        assert notes(page, "Ann left the room") == 1
        assert notes(page, "Gus left") + notes(page, "and Gus") == 0
        assert await page.equals_fresh()
    assert not await Lease.objects.filter(process="dead").aexists()


def test_leases_that_ran_out_move_the_heads_of_their_names_and_no_others(lobby):
    presence.record("dead", {(lobby.people, "1")}, set())
    presence.record("alive", {("people.99", "2")}, set())
    Lease.objects.filter(process="dead").update(expires=timezone.now() - timedelta(seconds=1))
    before = read_heads([lobby.people, "people.99"])
    presence.sweep()
    assert read_heads(before) == before | {lobby.people: before[lobby.people] + 1}
    assert [lease.process for lease in Lease.objects.all()] == ["alive"]


def test_coming_from_another_process_is_no_news_and_leaving_one_always_is(lobby):
    entries = {(lobby.people, "1"), (lobby.people, "2")}
    presence.record("before", entries, set())
    [before] = read_heads([lobby.people]).values()
    for come, gone, moved in ((entries, set(), 0), ({(lobby.people, "3")}, set(), 1), (set(), entries, 2)):
        presence.record("after", come, gone)
        assert read_heads([lobby.people]) == {lobby.people: before + moved}
    Lease.objects.filter(process="before").update(expires=timezone.now() - timedelta(seconds=1))
    presence.record("after", entries, set())
    assert read_heads([lobby.people]) == {lobby.people: before + 3}


async def test_leases_are_renewed_and_come_back_when_they_were_swept_from_a_frozen_process(ann, ben, lobby, conf):
    conf(LEASE=30, RENEW=0.1)
    async with RecordingPage(ann) as page, RecordingPage(ben):
        await lists(page, "Ann", "Ben")
        soon = timezone.now() + timedelta(seconds=5)
        for act in (Lease.objects.aupdate(expires=soon), Lease.objects.all().adelete()):
            await act
            async with asyncio.timeout(10):
                while await Lease.objects.filter(name=lobby.people, expires__gt=soon).acount() < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await lists(page, "Ann", "Ben")
        assert notes(page, "left the room") == 0


async def test_presence_that_could_not_be_written_is_written_later(ann, lobby, monkeypatch):
    record, tries = presence.record, []

    def unwell(*args):
        tries.append(args)
        if len(tries) < 3:
            raise OSError("the database is away")
        return record(*args)

    monkeypatch.setattr(presence, "record", unwell)
    async with RecordingPage(ann) as page:
        await lists(page, "Ann")
    assert len(tries) >= 3


async def test_presence_ends_when_its_process_is_told_to(ann, lobby):
    """A cancellation that meets a change must not be overheard: the server would wait for it in vain."""
    async with RecordingPage(ann):
        own = hub.current().presence
        task = next(task for task in hub.current().tasks if "keep" in repr(task))
        await eventually(lambda: len(own.held) == 1)
        own.changed.set()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.done()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="it writes one transaction after another")
def test_two_processes_whose_people_change_places_do_not_wait_for_each_other(lobby, monkeypatch):
    ann, ben = (lobby.people, "1"), (lobby.people, "2")
    presence.record("one", {ann}, set())
    presence.record("two", {ben}, set())
    both_took, take = Barrier(2), LeaseQuerySet.take

    def take_together(self, *args):
        taken = take(self, *args)
        with suppress(BrokenBarrierError):
            both_took.wait(0.5)
        return taken

    def move(process, come, gone):
        try:
            presence.record(process, {come}, {gone})
        finally:
            connection.close()

    monkeypatch.setattr(LeaseQuerySet, "take", take_together)
    before = writes.counts["deadlocks"]
    with ThreadPoolExecutor(2) as pool:
        moves = [pool.submit(move, "one", ben, ann), pool.submit(move, "two", ann, ben)]
    [each.result() for each in moves]
    assert writes.counts["deadlocks"] == before
    assert sorted(Lease.objects.values_list("process", "holder")) == [("one", "2"), ("two", "1")]


def test_a_lease_that_expires_during_the_sweep_is_swept_by_the_next_one_which_tells_of_it():
    def lease(name, seconds):
        Lease.objects.create(name=name, holder="1", process="dead", expires=timezone.now() + timedelta(seconds=seconds))

    def expires(execute, sql, *more):
        if sql.startswith("DELETE"):
            Lease.objects.filter(name="later").update(expires=timezone.now() - timedelta(seconds=1))
        return execute(sql, *more)

    lease("now", -1)
    lease("later", 60)
    with connection.execute_wrapper(expires):
        presence.sweep()
    assert [each.name for each in Lease.objects.all()] == ["later"]
    assert read_heads(["now", "later"]) == {"now": 1, "later": 0}


def test_all_who_leave_one_place_at_once_give_it_up_by_one_statement(django_assert_num_queries):
    here, elsewhere = ({(place, str(n)) for n in range(30)} for place in ("here", "elsewhere"))
    with transaction.atomic():
        Lease.objects.take("ours", here | elsewhere)
        Lease.objects.take("theirs", here)
        with django_assert_num_queries(1):
            Lease.objects.give_up("ours", here)
    left = set(Lease.objects.values_list("process", "name", "holder"))
    assert left == {("theirs", *each) for each in here} | {("ours", *each) for each in elsewhere}
