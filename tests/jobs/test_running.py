"""Jobs in threads of the process: they run, report how far they are, and end."""

import threading

import pytest
from django.db import transaction

from alerts.models import Alert
from jobs import Job, job_for, progress, runner, task, tasks, transitions
from parlour import Change, log_source
from tests.jobs.fixture_app.tasks import spill, stir
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_runs_in_the_background_and_its_owner_is_told(ann, ended):
    job = stir.start(ann, "Porridge", "/shop/", times=3)
    assert job.state == "queued"
    job = ended(job)
    assert (job.state, job.done, job.total, job.words) == ("done", 3, 3, "Stirred 3 times.")
    alert = Alert.objects.get()
    assert (alert.audience, alert.title, alert.body) == (f"user.{ann.pk}", "Porridge: done", "Stirred 3 times.")
    assert alert.url == "/shop/"


def test_a_job_begins_after_the_commit_and_after_a_rollback_never(ann, ended):
    with transaction.atomic():
        stir.start(ann, "Never", times=1)
        transaction.set_rollback(True)
    with transaction.atomic():
        job = stir.start(ann, "Porridge", times=1)
        assert runner.join(0)
    assert ended(job).state == "done"
    assert Job.objects.get() == job


def test_reports_belong_outside_a_transaction_and_advances_inside(ann, begun):
    run = begun()
    with pytest.raises(RuntimeError, match=r"job.advance\(change, done, total, words\)"), transaction.atomic():
        run.report(1, 2)
    with pytest.raises(RuntimeError, match="inside a live_write"):
        run.advance(None, 1, 2)


def test_a_late_report_never_overwrites_what_was_committed_since(begun):
    run = begun()
    run.report(1, 10)
    late = run.unwritten
    with transaction.atomic():
        run.advance(Change(), 2, 10)
    transitions.renew(run.job, late)
    assert Job.objects.get().done == 2


def test_a_fault_is_logged_once_with_its_place_and_told_in_calm_words(ann, ended, caplog):
    job = ended(spill.start(ann, "Milk"))
    assert (job.state, job.words) == ("failed", progress.TROUBLE)
    assert runner.join(5)
    faults = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [fault.getMessage() for fault in faults] == [f"job {job.pk} (spill, attempt 1) failed"]
    assert "tasks.py" in caplog.text
    assert Alert.objects.get().title == "Milk: failed"


def test_a_failure_with_words_for_the_owner_is_not_logged(ann, ended, caplog):
    job = ended(spill.start(ann, "Milk", kindly=True))
    assert (job.state, job.words) == ("failed", "The milk is <b>sour</b>.")
    assert Alert.objects.get().body == "The milk is <b>sour</b>."
    assert runner.join(5)
    assert not caplog.records


def test_whatever_a_task_returns_is_shown_as_text_and_one_that_nobody_would_await_is_refused(ann, ended):
    @task("count", "Counting")
    def count(job):
        return 5

    job = ended(count.start(ann, "Counting"))
    assert (job.state, job.words) == ("done", "5")

    async def later(job):
        return ""

    with pytest.raises(TypeError, match="plain function"):
        task("later", "Later")(later)


def test_two_jobs_run_at_once_and_the_third_waits(ann, ended):
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


def test_of_an_exclusive_kind_each_owner_has_one_at_a_time(ann, ben, ended):
    gate = threading.Barrier(3, timeout=10)

    @task("solo", "Solo", exclusive=True)
    def solo(job):
        gate.wait()

    mine = solo.start(ann, "Solo")
    until(lambda: Job.objects.filter(state="running").count() == 1)
    mine_too, another = solo.start(ann, "Solo"), solo.start(ben, "Solo")
    until(lambda: Job.objects.filter(state="running").count() == 2)
    assert Job.objects.get(pk=mine_too.pk).state == "queued"
    gate.wait()
    until(lambda: Job.objects.get(pk=mine_too.pk).state == "running")
    gate.abort()
    assert {ended(job).state for job in (mine, another)} == {"done"}
    assert ended(mine_too).state == "failed"
    Job.objects.filter(pk=mine.pk).update(state="stalled")
    waiting = Job.objects.create(owner=ann, kind="solo", title="Next")
    assert list(tasks.waiting()) == [waiting]


def test_a_kind_that_is_unknown_here_waits_and_holds_up_nobody(ann, ended):
    job = Job.objects.create(owner=ann, kind="unheard of", title="Old")
    runner.put(job.pk)
    assert ended(stir.start(ann, "Porridge", times=1)).state == "done"
    assert Job.objects.get(title="Old").state == "queued"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "shop/"])
def test_an_address_that_is_nobodys_is_refused(ann, url):
    with pytest.raises(ValueError, match="http"):
        stir.start(ann, "Porridge", url, times=1)


def test_a_job_has_a_title(ann):
    with pytest.raises(ValueError, match="title"):
        stir.start(ann, " \u200b", times=1)


@pytest.mark.parametrize("number", ["7", 1.5, None])
def test_progress_is_a_whole_number(begun, number):
    with pytest.raises(TypeError):
        begun().report(number)


def test_such_a_job_fails_with_its_code_and_offers_no_retry(ann):
    with pytest.raises(ZeroDivisionError), job_for(ann, "Bread", "/shop/"):
        raise ZeroDivisionError
    job = Job.objects.get()
    assert (job.state, job.words, [*job.actions]) == ("failed", progress.TROUBLE, ["dismiss"])


def test_such_a_job_leaves_its_block_when_it_is_cancelled(ann):
    with job_for(ann, "Bread") as job:
        assert job.job.actions.keys() == {"cancel"}
        assert transitions.act("cancel", job.pk)
        until(lambda: job.cancelled)
        for _ in job.track([1, 2, 3]):
            pytest.fail("it goes on")
    assert Job.objects.get().state == "cancelled"
    assert not Alert.objects.exists()


def test_a_line_of_the_log_names_its_job_and_the_thread_forgets_it(ann, monkeypatch):
    sources = []

    def note(context):
        sources.append(log_source.get())
        raise ValueError

    monkeypatch.setattr(stir, "body", note)
    monkeypatch.setattr(tasks.log, "exception", lambda *_: sources.append(log_source.get()))
    job = Job.objects.create(owner=ann, kind=stir.kind, title="Soup")
    tasks.run(job.pk)
    assert [*sources, log_source.get()] == [f"job {job.pk}"] * 2 + [""]
