"""Runs that lost their job, jobs that lost their run: killed, frozen, taken over, told to end."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from alerts.models import Alert
from jobs import Job, executor, tasks, worker
from jobs.context import LeaseLost
from jobs.models import JobQuerySet
from parlour import Lease
from parlour.presence import sweep
from tests.jobs.fixture_app.tasks import bake_one, stir
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]


@pytest.fixture
def frozen(begun, claim):
    """A run of a process that is frozen: its lease ran out, its job was taken over and runs elsewhere."""
    run = begun("Bread", arguments={"loaves": 9})
    bake_one(run, 1)
    Lease.objects.update(expires=timezone.now())
    sweep()
    assert Job.objects.get().status == "stalled"
    assert Job.objects.act("retry", run.pk)
    assert claim(Job.objects.get(), "other").attempt == 2
    assert Job.objects.get().status == "running"
    return run


def test_a_run_that_thaws_after_its_job_was_taken_over_writes_nothing(frozen):
    before = Job.objects.values().get()
    with pytest.raises(LeaseLost):
        bake_one(frozen, 2)
    assert Group.objects.count() == 1
    frozen.report(7, 9)
    Job.objects.write_progress([(frozen, frozen.unwritten)])
    for state in ("done", "failed", "cancelled"):
        Job.objects.finish("hand", frozen, state, True)
    Job.objects.put_back("hand", [frozen])
    assert Job.objects.values().get() == before
    assert not Alert.objects.exists()


def test_a_run_that_was_taken_over_learns_of_it_and_ends(ann):
    stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    Job.objects.update(attempt=2, kind="by hand")
    assert executor.join(5)
    assert Job.objects.get().state == "running"
    assert not Alert.objects.exists()


@pytest.mark.parametrize("what", ["job", "owner"])
def test_a_run_whose_job_was_deleted_ends(ann, what):
    stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    assert Lease.objects.count() == 1
    ann.delete() if what == "owner" else Job.objects.all().delete()
    assert executor.join(5)
    assert not Lease.objects.exists()


def test_leases_are_renewed_as_long_as_the_job_runs_and_then_given_up(ann):
    stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done > 200)  # twice as long as a lease
    assert Job.objects.get().status == "running"
    assert executor.join(10)
    assert not Lease.objects.exists()


def test_a_lease_that_was_swept_while_its_process_was_frozen_is_taken_again(ann):
    stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done)
    Lease.objects.all().delete()
    assert Job.objects.get().status == "stalled"
    until(lambda: Job.objects.get().status == "running", 2)
    assert executor.join(10)
    assert Job.objects.get().state == "done"


@pytest.fixture
def own_worker(monkeypatch):
    """A worker for this test alone, which may be closed."""
    own = worker.Worker()
    monkeypatch.setattr(worker, "current", own)
    return own


def test_a_process_that_is_told_to_end_puts_its_jobs_back(ann, own_worker):
    stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    executor.stop()
    job = Job.objects.get()
    assert (job.state, job.attempt) == ("queued", 2)
    assert executor.join(5)
    assert Job.objects.get().state == "queued"  # nothing is claimed any more
    assert not Lease.objects.exists()


def test_the_same_job_is_claimed_once(ann, claim):
    job = Job.objects.create(owner=ann, kind="by hand", title="Bread")
    assert claim(job, "one")
    assert claim(job, "other") is None


def test_a_forged_or_doubled_message_does_no_harm(ann, ended):
    job = ended(stir.start(ann, "Porridge", times=1))
    for pk in (job.pk, 999_999):
        worker.run(pk)
    assert Alert.objects.count() == 1


def failing(monkeypatch, name, times):
    """Have a transition raise so many times."""
    works, tries = getattr(JobQuerySet, name), []

    def fails(*args, **kwargs):
        tries.append(args)
        if len(tries) <= times:
            raise OSError("database or disk is full")
        return works(*args, **kwargs)

    monkeypatch.setattr(type(Job.objects), name, fails)
    return tries


def test_an_end_that_cannot_be_written_is_tried_until_it_can_and_logged_once(ann, monkeypatch, caplog, ended):
    failing(monkeypatch, "finish", 3)
    ended(stir.start(ann, "Porridge", times=1))
    assert [alert.title for alert in Alert.objects.all()] == ["Porridge: done"]
    assert caplog.text.count("could not be written") == 1
    assert executor.join(5)
    assert not Lease.objects.exists()


def test_an_end_that_could_not_be_written_before_its_process_ended_is_another_try(ann, monkeypatch, own_worker):
    tries = failing(monkeypatch, "finish", 10_000)
    stir.start(ann, "Porridge", times=1)
    until(lambda: tries)
    executor.stop()
    assert executor.join(5)
    assert (Job.objects.get().state, Job.objects.get().attempt) == ("queued", 2)


def test_a_database_that_is_away_for_a_while_is_logged_once_and_nothing_is_lost(ann, monkeypatch, caplog):
    tries = failing(monkeypatch, "write_progress", 3)
    stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done)
    assert len(tries) >= 4
    assert caplog.text.count("could not be written") == 1
    assert executor.join(10)


def test_a_job_that_could_not_be_claimed_is_found_by_the_next_look(ann, monkeypatch, caplog, ended):
    monkeypatch.setattr(tasks, "waiting", lambda: 1 / 0)
    job = stir.start(ann, "Porridge", times=3)
    assert executor.join(5)
    assert "could not be run" in caplog.text
    monkeypatch.undo()
    for found in tasks.waiting():  # as the tick does
        found.send_queued()
    assert ended(job).state == "done"
