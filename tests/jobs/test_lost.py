"""Runs that lost their job, jobs that lost their run: killed, frozen, taken over, told to end."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from alerts.models import Alert
from jobs import Job, job_for, progress, runner, tasks, transitions
from jobs.models import JobQuerySet
from jobs.progress import Stop
from parlour.models import read_heads
from tests.jobs.fixture_app.tasks import bake_one, stir
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def porridge(ann):
    """A job that runs for long."""
    job = stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    return job


def over(job):
    """Its lease is over, and that was seen."""
    Job.objects.filter(pk=job.pk).update(lease=timezone.now() - transitions.LEASE)
    transitions.mark_stalled()


def test_a_run_that_thaws_after_its_job_was_taken_over_writes_nothing(begun, claim):
    frozen = begun("Bread", arguments={"loaves": 9})
    bake_one(frozen, 1)
    over(frozen)
    assert Job.objects.get().state == "stalled"
    assert transitions.act("retry", frozen.pk)
    assert claim(Job.objects.get()).attempt == 2
    before = Job.objects.values().get()
    with pytest.raises(Stop):
        bake_one(frozen, 2)
    assert Group.objects.count() == 1
    frozen.report(7, 9)
    transitions.renew(frozen.job, frozen.unwritten)
    for state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED):
        transitions.finish(frozen.job, state, "", True, {})
    transitions.put_back([frozen.job])
    assert Job.objects.values().get() == before
    assert not Alert.objects.exists()


def test_a_run_that_was_taken_over_learns_of_it_and_ends(porridge):
    Job.objects.update(attempt=2, kind="by hand")
    assert runner.join(5)
    assert Job.objects.get().state == "running"
    assert not Alert.objects.exists()


@pytest.mark.parametrize("what", ["job", "owner"])
def test_a_run_whose_job_was_deleted_ends(porridge, what):
    porridge.owner.delete() if what == "owner" else Job.objects.all().delete()
    assert runner.join(5)


def test_a_lease_is_renewed_as_long_as_the_job_runs(ann, ended):
    job = stir.start(ann, "Porridge", times=1, pause=1)
    until(lambda: Job.objects.get().done)
    soon = timezone.now() + transitions.LEASE / 3
    Job.objects.update(lease=soon)
    until(lambda: Job.objects.get().lease > soon)
    assert ended(job).state == "done"


def test_a_run_that_was_only_frozen_goes_on(porridge):
    over(porridge)
    until(lambda: Job.objects.get().state == "running", 8)
    assert transitions.act("cancel", porridge.pk)


@pytest.fixture
def own_process(monkeypatch):
    """A process for this test alone, which may end."""
    monkeypatch.setattr(progress, "closing", threading.Event())


def test_a_process_that_is_told_to_end_puts_its_jobs_back(own_process, porridge, ann):
    with job_for(ann, "Around other code") as other:
        runner.stop()
        assert not other.cancelled
    job = Job.objects.get(pk=porridge.pk)
    assert (job.state, job.attempt) == ("queued", 2)
    assert runner.join(5)
    assert Job.objects.get(pk=porridge.pk).state == "queued"  # nothing is claimed any more


def test_the_same_job_is_claimed_once(ann, claim):
    job = Job.objects.create(owner=ann, kind="by hand", title="Bread")
    assert claim(job)
    assert claim(job) is None


def test_a_database_that_is_away_for_a_while_is_logged_once_and_nothing_is_lost(ann, monkeypatch, caplog, ended):
    renew, tries = transitions.renew, []

    def fails(*args):
        tries.append(args)
        if len(tries) <= 3:
            raise OSError("database or disk is full")
        return renew(*args)

    monkeypatch.setattr(transitions, "renew", fails)
    job = stir.start(ann, "Porridge", times=130, pause=0.01)
    until(lambda: Job.objects.get().done)
    assert len(tries) >= 4
    assert caplog.text.count("could not be written") == 1
    assert ended(job).state == "done"


def test_a_job_that_could_not_be_claimed_is_found_by_the_next_look(ann, monkeypatch, caplog, ended):
    monkeypatch.setattr(tasks, "waiting", lambda: 1 / 0)
    job = stir.start(ann, "Porridge", times=3)
    assert runner.join(5)
    assert "could not be run" in caplog.text
    monkeypatch.undo()
    runner.look(runner.put, lambda: 1)
    assert ended(job).state == "done"


def test_whose_job_stalls_while_others_are_marked_is_told_too(ann, ben, begun, monkeypatch):
    lease = timezone.now() + timedelta(days=1)
    late = Job.objects.create(owner=ben, kind="by hand", title="Late", state="running", lease=lease)
    frozen = begun("Bread")
    Job.objects.filter(pk=frozen.pk).update(lease=timezone.now() - transitions.LEASE)
    update = JobQuerySet.update

    def slow(jobs, **values):
        update(Job.objects.filter(pk=late.pk), lease=timezone.now() - transitions.LEASE)
        return update(jobs, **values)

    monkeypatch.setattr(JobQuerySet, "update", slow)
    before = read_heads([late.stream])
    transitions.mark_stalled()
    assert Job.objects.get(pk=frozen.pk).state == "stalled"
    assert Job.objects.get(pk=late.pk).state == "running" or read_heads(before) != before
