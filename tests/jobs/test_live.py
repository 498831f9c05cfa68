"""Bars on pages, the bell's and the job's own: what they say, to whom, and until when."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation

from alerts.models import Alert
from alerts.testing import BellPage
from jobs import Job, transitions
from jobs.streams import JobConsumer
from parlour.testing import Page
from tests.jobs.fixture_app.tasks import spill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]
in_thread = sync_to_async


@in_thread
def moved(run, done, total=None, words=""):
    run.report(done, total, words)
    transitions.renew(run.job, run.unwritten)


@in_thread
def ended(run, state, words=""):
    Job.objects.filter(pk=run.pk).update(cancelling=state == "cancelled")
    transitions.finish(run.job, Job.State(state), words, True, {})


@in_thread
def stalled(run):
    Job.objects.filter(pk=run.pk).update(lease=timezone.now() - transitions.LEASE)
    transitions.mark_stalled()


def said(page):
    """What the page of a job said to a screen reader, one after the other."""
    return re.findall(r'innerHTML:#job-\d+-announce">([^<]*)<', "".join(page.frames))


async def test_quarters_are_announced_and_nothing_between_and_after_a_cut_the_latest(ann, begun):
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        for done in (10, 24, 26, 30, 49, 51):
            await moved(run, done, 100)
            await page.shows(f"{done} of 100")
        assert said(page) == ["Soup: 25 %", "Soup: 50 %"]
        await page.cut()
        await moved(run, 80, 100)
        await moved(run, 99, 100)
        await page.resume()
        await page.shows("99 of 100")
        assert said(page)[2:] == ["Soup: 75 %"]


async def test_that_it_stalled_or_was_cancelled_is_said_once_on_its_page(ann, begun):
    run = await in_thread(begun)()
    async with Page(JobConsumer, ann, pk=run.pk) as page:
        await stalled(run)
        await page.shows("Stalled: nobody is working on this any more.")
        await in_thread(Job.objects.create)(owner=ann, kind="unheard of", title="Salt")
        await ended(run, "cancelled")
        await page.shows("Cancelled.")
        assert said(page) == ["Soup: stalled", "Soup: cancelled"]
        assert await page.equals_fresh()


async def test_a_bar_and_what_is_said_of_it_are_in_the_language_of_the_page(ann, begun):
    run = await in_thread(begun)()
    with translation.override("de"):
        german, bell = Page(JobConsumer, ann, pk=run.pk), BellPage(ann)
    async with german, bell, Page(JobConsumer, ann, pk=run.pk) as english:
        await moved(run, 1200, 3000)
        await english.shows("1,200 of 3,000")
        await german.shows("1.200 von 3.000")
        await bell.shows("1 Aufgabe läuft oder wartet")
        assert "Abbrechen" in german.document.text()
        await stalled(run)
        await german.shows("Steht still: Niemand arbeitet mehr daran.")
        assert said(german) == ["Soup: 25 %", "Soup: steht still"]
        assert await german.equals_fresh()


def test_the_end_of_a_job_is_told_in_the_language_of_the_page_that_started_it(ann, ended):
    with translation.override("de"):
        job = spill.start(ann, "Milch")
    assert ended(job).words.startswith("Bei uns ist etwas schiefgegangen.")
    assert Alert.objects.get().title == "Milch: fehlgeschlagen"


async def test_a_closed_bell_says_in_words_what_its_stroke_says(ann, begun):
    async with BellPage(ann) as page:
        run = await in_thread(begun)()
        await page.shows("1 job is running or waiting")
        await in_thread(Job.objects.create)(owner=ann, kind="unheard of", title="Salt")
        await ended(run, "failed", "It boiled over.")
        await page.shows("1 job is running or waiting, 1 stalled or failed")
        assert "Waiting for its turn." in page.document.text()


async def test_a_bar_has_a_name_and_its_value_in_words_and_all_of_them_are_text(ann, begun):
    run = await in_thread(begun)("<b>Soup</b> \" hx-get='/x'")
    async with Page(JobConsumer, ann, pk=run.pk) as page, BellPage(ann) as bell:
        await moved(run, 41, 100, "<img src=x onerror=alert(1)>")
        for each in (page, bell):
            await each.shows("<img src=x onerror=alert(1)>")
            bar = re.findall(r"<progress[^>]*>", "".join(each.frames))[-1]
            assert 'aria-label="&lt;b&gt;Soup&lt;/b&gt; &quot; hx-get=&#x27;/x&#x27;"' in bar
            assert 'aria-valuetext="41 %, 41 of 100" max="100" value="41"' in bar
            assert "<b>Soup" not in "".join(each.frames)
            assert "<img src=x" not in "".join(each.frames)


async def test_what_stalled_or_failed_stays_in_the_bell_until_it_is_dealt_with(ann, begun):
    run = await in_thread(begun)("Soup")
    async with BellPage(ann) as page:
        await stalled(run)
        await page.shows("Stalled: nobody is working on this any more.")
        failed = await in_thread(spill.start)(ann, "Milk")
        await page.shows("Something went wrong on our side.")
        await in_thread(transitions.act)("cancel", run.pk)
        await in_thread(transitions.act)("dismiss", failed.pk)
        await page.until(lambda: not page.document.part("bell-jobs").strip())
        assert await page.equals_fresh()


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


async def test_a_deleted_job_leaves_the_bell_and_its_page_closes(ann, begun):
    run = await in_thread(begun)()
    async with BellPage(ann) as bell, Page(JobConsumer, ann, pk=run.pk) as page:
        assert "Soup" in bell.document.text()
        await run.job.adelete()
        await bell.until(lambda: "Soup" not in bell.document.text())
        await page.until(lambda: page.closed)


def paced(done, total, seconds, first=0, words=""):
    now = timezone.now()
    began = now - timedelta(seconds=seconds)
    return Job(state="running", done=done, total=total, words=words, moved=now, first_done=first, first_moved=began)


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
    assert job.value_text.replace("\xa0", " ") == words


def test_a_bar_on_any_page_is_its_owners_alone(ann, ben):
    job = Job.objects.create(owner=ann, kind="tea", title="Soup")
    page = engines["django"].from_string("{% load jobs %}{% job_bar job %}")
    for person, shown in ((ann, 1), (ben, 0)):
        request = RequestFactory().get("/")
        request.user = person
        assert page.render({"job": job}, request).count("<progress") == shown
