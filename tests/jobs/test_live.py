"""Bars on pages: the bell's in all tabs, the job's own, the same everywhere and right after anything."""

import asyncio
import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from alerts.models import Preference
from alerts.testing import BellPage
from jobs import Job, executor, progress_text
from jobs.streams import JobConsumer
from parlour.testing import Page, lost_hints
from tests.jobs.fixture_app.tasks import spill, stir

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]
in_thread = sync_to_async


@in_thread
def moved(run, done, total=None, words=""):
    run.report(done, total, words)
    Job.objects.write_progress([(run, run.unwritten)])
    run.unwritten = None


@in_thread
def ended(run, state, words=""):
    run.result = words
    Job.objects.finish("hand", run, state, True)


def progress(page):
    return re.findall(r"<progress[^>]*>", "".join(page.frames[-1:]))


async def test_a_bar_moves_in_the_bell_of_every_tab_and_leaves_when_it_is_done(ann):
    async with BellPage(ann) as one, BellPage(ann) as other:
        job = await in_thread(stir.start)(ann, "Porridge", times=20, pause=0.1)
        for page in (one, other):
            await page.shows("Porridge")
            await page.until(lambda page=page: re.search(r'value="[3-9]\d"', "".join(page.frames)))
            await page.until(lambda page=page: "Porridge" not in page.document.part("bell-jobs"))
            await page.shows("Porridge: done")
            assert await page.equals_fresh()
    assert (await Job.objects.aget(pk=job.pk)).state == "done"


async def test_a_page_that_comes_later_shows_the_present_at_once(ann, begun):
    run = await in_thread(begun)()
    await moved(run, 41, 100, "carrots")
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        assert "41 %" in page.document.text()
        assert "carrots" in page.document.text()
        assert page.frames


async def test_pushes_are_at_most_four_a_second_and_the_last_one_always_comes(ann):
    job = await in_thread(stir.start)(ann, "Fast", times=800, pause=0.002)
    async with Page(JobConsumer, ann, pk=job.pk) as page:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await page.shows("Stirred 800 times.")
        seconds = loop.time() - began
        pushes = [frame for frame in page.frames if f"innerHTML:#job-{job.pk}-bar" in frame]
        assert 3 < len(pushes) <= 4 * seconds + 2
        assert "800 of 800" in page.document.text()
        assert await page.equals_fresh()


async def test_lost_hints_make_a_bar_late_and_never_wrong(ann, begun):
    run = await in_thread(begun)()
    with lost_hints():
        async with Page(JobConsumer, ann, pk=run.pk) as page:
            await moved(run, 7, 10)
            await page.shows("70 %")


async def test_quarters_are_announced_and_nothing_between(ann, begun, conf):
    conf(LEASE=30)
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        for done in (10, 24, 26, 30, 49, 51, 60, 74, 80, 99, 100):
            await moved(run, done, 100)
            await page.shows(f"{done} of 100")
        assert said(page) == [f"Soup: {n} %" for n in (25, 50, 75)]


def said(page):
    """What the pages of jobs said to a screen reader, one after the other."""
    return re.findall(r'innerHTML:#job-\d+-announce">([^<]*)<', "".join(page.frames))


async def test_a_page_that_reconnects_gets_only_the_latest_announcement(ann, begun, conf):
    conf(LEASE=30)
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        await moved(run, 10, 100)
        await page.shows("10 of 100")
        await page.cut()
        await moved(run, 30, 100)
        await moved(run, 60, 100)
        await page.resume()
        await page.shows("60 of 100")
        assert said(page) == ["Soup: 50 %"]


@pytest.mark.parametrize(("level", "heard"), [("toast", 0), ("bell", 1), ("nothing", 1)])
async def test_how_it_ended_is_said_once_by_the_bell_or_by_its_page(ann, begun, level, heard, conf):
    conf(LEASE=30)
    await Preference.objects.acreate(person=ann, kind="by hand", level=level)
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        await moved(run, 100, 100)
        await page.shows("100 of 100")
        await ended(run, "failed", "It boiled over.")
        await page.shows("It boiled over.")
        assert said(page) == ["Soup: failed"] * heard


async def test_that_it_was_cancelled_or_stalled_is_said_once_on_its_page(ann, begun):
    for how, done in (("stalled", "Stalled: nobody"), ("cancelled", "Cancelled.")):
        run = await in_thread(begun)()
        async with Page(JobConsumer, ann, pk=run.pk) as page:
            if how == "cancelled":
                await ended(run, "cancelled", "")
            await page.shows(done)
            await in_thread(Job.objects.create)(owner=ann, kind="unheard of", title="Salt")
            assert said(page) == [f"Soup: {how}"]


async def test_a_closed_bell_says_in_words_what_its_stroke_says(ann, begun, conf):
    conf(LEASE=30)
    async with BellPage(ann) as page:
        run = await in_thread(begun)()
        await page.shows("1 job is running or waiting")
        await in_thread(Job.objects.create)(owner=ann, kind="unheard of", title="Salt")
        await ended(run, "failed", "It boiled over.")
        await page.shows("1 job is running or waiting, 1 stalled or failed")


async def test_a_bar_has_a_name_and_its_value_in_words(ann, begun):
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        await moved(run, 41, 100)
        await page.shows("41 of 100")
        bar = progress(page)[0]
        assert 'aria-label="Soup"' in bar
        assert 'aria-valuetext="41 %, 41 of 100"' in bar
        assert 'max="100" value="41"' in bar


async def test_titles_and_words_are_text(ann, begun, conf):
    conf(LEASE=30)
    run = await in_thread(begun)("<b>Soup</b> \" hx-get='/x'")
    async with Page(JobConsumer, ann, pk=run.pk) as page, BellPage(ann) as bell:
        await moved(run, 1, 2, "<img src=x onerror=alert(1)>")
        for each in (page, bell):
            await each.shows("<img src=x onerror=alert(1)>")
            assert "<b>Soup" not in "".join(each.frames)
            assert "<img src=x" not in "".join(each.frames)


async def test_what_stalled_or_failed_stays_in_the_bell_until_it_is_dealt_with(ann, begun):
    stalled = await in_thread(begun)("Soup")
    async with BellPage(ann) as page:
        await page.shows("Stalled: nobody is working on this any more.")  # its lease ran out and was swept
        failed = await in_thread(spill.start)(ann, "Milk")
        await page.shows("Something went wrong on our side.")
        await in_thread(Job.objects.act)("cancel", stalled.pk)
        await in_thread(Job.objects.act)("dismiss", failed.pk)
        await page.until(lambda: not page.document.part("bell-jobs").strip())
        assert await page.equals_fresh()


async def test_a_job_that_nobody_takes_says_that_it_waits(ann):
    await Job.objects.acreate(owner=ann, kind="unheard of", title="Soup")
    async with BellPage(ann) as page:
        assert "Waiting for its turn." in page.document.text()


async def test_another_persons_job_is_refused_and_its_bell_shows_nothing_of_it(ann, ben, begun):
    run = await in_thread(begun)()
    async with BellPage(ben) as bell:
        await moved(run, 1, 2, "secret soup")
        async with Page(JobConsumer, ann, pk=run.pk) as page:
            await page.shows("secret soup")
            await page.cut()
            page.session = bell.session
            await page.open()
            await page.until(lambda: page.closed)
            assert page.closed == 4004
        assert "oup" not in "".join(bell.frames)
        assert "oup" not in bell.document.text()


async def test_who_signs_out_sees_no_more_and_the_job_goes_on(ann):
    from django.contrib.sessions.models import Session

    from parlour import revoke

    job = await in_thread(stir.start)(ann, "Porridge", times=60, pause=0.05)
    async with Page(JobConsumer, ann, pk=job.pk) as page:
        await page.receives("stirred")
        await Session.objects.all().adelete()
        await in_thread(revoke)(ann.pk)
        await page.until(lambda: page.closed)
        assert page.closed == 4001
        frames = len(page.frames)
        await in_thread(executor.join)(10)
        assert len(page.frames) == frames
    assert (await Job.objects.aget(pk=job.pk)).state == "done"


async def test_a_deleted_job_leaves_the_bell(ann):
    job = await Job.objects.acreate(owner=ann, kind="by hand", title="Soup")
    async with BellPage(ann) as page:
        assert "Soup" in page.document.text()
        await job.adelete()
        await page.until(lambda: "Soup" not in page.document.text())


def paced(done, total, seconds, first=0, words=""):
    now = timezone.now()
    began = now - timedelta(seconds=seconds)
    return Job(done=done, total=total, words=words, moved=now, first_done=first, first_moved=began)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (paced(0, None, 0), ""),
        (paced(1234, None, 0), "1,234"),
        (paced(1234, None, 0, words="1,234 pictures"), "1,234 pictures"),
        (paced(1, 4, 0.5), "25 %, 1 of 4"),
        (paced(1999, 2000, 10), "99 %, 1,999 of 2,000, 200 a second, a few seconds left"),
        (paced(12_000, 30_000, 10), "40 %, 12,000 of 30,000, 1,200 a second, about 15 seconds left"),
        (paced(5000, 9000, 10, first=4000), "55 %, 5,000 of 9,000, 100 a second, about 40 seconds left"),
        (paced(1, 5, 60), "20 %, 1 of 5, 1 a minute, about 4 minutes left"),
        (paced(1, 500, 60), "0 %, 1 of 500, 1 a minute, about 8 hours left"),
        (paced(100, 100, 60), "100 %, 100 of 100, 2 a second"),
        (paced(7, 5, 0), "100 %, 7 of 5"),
    ],
)
def test_progress_is_put_in_round_words(job, words):
    assert progress_text.summary(job) == words
