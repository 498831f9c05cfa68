"""A job without a broker: it runs in the background, tells how far it is, and how it ended."""

import threading
import time

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from alerts.models import Alert
from jobs import Job, carriers, task
from tests.jobs.kitchen.bodies import bake, spill, stir
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def ended(job):
    until(lambda: Job.objects.get(pk=job.pk).ended)
    return Job.objects.get(pk=job.pk)


def test_a_job_runs_in_the_background_and_its_owner_is_told(ann):
    began = time.monotonic()
    job = stir.start(ann, "Porridge", "/shop/", times=3, pause=0.2)
    assert time.monotonic() - began < 0.3
    assert job.state == "queued"
    job = ended(job)
    assert (job.state, job.done, job.total, job.words) == ("done", 3, 3, "Stirred 3 times.")
    told = Alert.objects.get()
    assert (told.audience, told.title, told.body) == (f"user.{ann.pk}", "Porridge: done", "Stirred 3 times.")
    assert told.url == "/shop/"


def test_the_last_report_is_always_written(ann):
    job = ended(stir.start(ann, "Fast", times=5000))
    assert (job.done, job.state) == (5000, "done")


def test_a_job_of_a_transaction_that_is_rolled_back_never_was(ann):
    with transaction.atomic():
        stir.start(ann, "Porridge", times=1)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_a_job_started_in_a_transaction_begins_after_its_commit(ann):
    with transaction.atomic():
        job = stir.start(ann, "Porridge", times=1)
        assert not carriers.crew.threads
    assert ended(job).state == "done"


def test_a_report_inside_a_transaction_is_refused_in_words_that_help(ann):
    heard = []

    @task("hasty", "Hasty")
    def hasty(job):
        with transaction.atomic():
            try:
                job.report(1, 2)
            except RuntimeError as why:
                heard.append(str(why))

    ended(hasty.start(ann, "Hasty"))
    assert "inside a transaction" in heard[0]
    assert "job.advance(change, done, total, words)" in heard[0]


def test_advance_outside_a_transaction_is_refused_too(ann):
    heard = []

    @task("loose", "Loose")
    def loose(job):
        try:
            job.advance(None, 1, 2)
        except RuntimeError as why:
            heard.append(str(why))

    ended(loose.start(ann, "Loose"))
    assert "inside a deed" in heard[0]


def test_progress_is_committed_with_its_rows_or_neither(ann, log_lines):
    job = ended(bake.start(ann, "Bread", loaves=5, burnt=4))
    assert (job.state, job.done, job.words) == ("failed", 3, carriers.TROUBLE)
    assert Group.objects.count() == 3


def test_an_older_report_never_overwrites_what_was_committed_since(ann):
    """The heart may write a report late; a batch that advanced meanwhile stands."""
    from jobs import heart, life
    from jobs.running import Running

    stir.start(ann, "Porridge", times=1)
    assert carriers.rest(10)
    Job.objects.update(state="running", done=0, moved=None)
    running = Running(Job.objects.get())
    running.report(1, 10)
    late = running.news
    with transaction.atomic():
        from parlour.writes import Change

        running.advance(Change(), 2, 10)
    life.write([(running, late)])
    assert Job.objects.get().done == 2
    assert not heart.current().runs


def test_a_failure_is_logged_once_with_its_place_and_told_in_calm_words(ann, caplog):
    job = ended(spill.start(ann, "Milk"))
    assert (job.state, job.words) == ("failed", carriers.TROUBLE)
    assert "milk / 0" not in job.words
    faults = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(faults) == 1
    assert f"job {job.pk} (spill, attempt 1) failed" in faults[0].getMessage()
    assert "bodies.py" in caplog.text
    assert Alert.objects.get().title == "Milk: failed"


def test_a_failure_with_words_of_its_own_is_no_fault_of_ours(ann, caplog):
    job = ended(spill.start(ann, "Milk", kindly=True))
    assert (job.state, job.words) == ("failed", "The milk is <b>sour</b>.")
    assert not caplog.records
    assert Alert.objects.get().body == "The milk is <b>sour</b>."


def test_two_jobs_run_at_once_and_the_third_waits_its_turn(ann):
    gate = threading.Barrier(3, timeout=10)

    @task("meet", "Meeting")
    def meet(job):
        gate.wait()

    first, second = meet.start(ann, "One"), meet.start(ann, "Two")
    until(lambda: Job.objects.filter(state="running").count() == 2)
    third = stir.start(ann, "Three", times=1)
    assert Job.objects.get(pk=third.pk).state == "queued"
    gate.wait()
    assert {ended(job).state for job in (first, second, third)} == {"done"}


def test_a_kind_that_nobody_here_knows_waits_and_holds_up_nobody(ann):
    Job.objects.create(owner=ann, kind="unheard of", title="Old")
    assert ended(stir.start(ann, "Porridge", times=1)).state == "done"
    assert Job.objects.get(title="Old").state == "queued"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "shop/"])
def test_an_address_that_is_nobodys_is_refused(ann, url):
    with pytest.raises(ValueError, match="http"):
        stir.start(ann, "Porridge", url, times=1)


def test_a_job_has_a_title(ann):
    with pytest.raises(ValueError, match="title"):
        stir.start(ann, " \u200b", times=1)


def test_a_deleted_owner_takes_the_job_along_and_the_run_ends(ann):
    job = stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    ann.delete()
    assert carriers.rest(5)
    assert not Job.objects.filter(pk=job.pk).exists()


def test_of_a_kind_that_runs_alone_each_owner_has_one_at_a_time(ann, ben):
    gate = threading.Barrier(3, timeout=10)

    @task("solo", "Solo", alone=True)
    def solo(job):
        gate.wait()

    mine, mine_too, another = (solo.start(owner, "Solo") for owner in (ann, ann, ben))
    until(lambda: Job.objects.filter(state="running").count() == 2)
    assert Job.objects.get(pk=mine_too.pk).state == "queued"
    gate.wait()
    until(lambda: Job.objects.get(pk=mine_too.pk).state == "running")
    gate.abort()
    assert {ended(job).state for job in (mine, another)} == {"done"}
    assert ended(mine_too).state == "failed"


def test_numbers_are_what_a_row_can_hold_or_refused_in_the_body(ann):
    refused = []

    @task("odd", "Odd")
    def odd(job):
        for number in ("7", 1.5, None):
            try:
                job.report(number)
            except TypeError:
                refused.append(number)
        job.report(-5, 10**30)

    job = ended(odd.start(ann, "Odd"))
    assert (job.state, job.done, job.total, len(refused)) == ("done", 0, 2**63 - 1, 3)
