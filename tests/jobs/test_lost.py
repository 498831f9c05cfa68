"""Runs that lost their job, jobs that lost their run: killed, frozen, taken over, told to end."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from alerts.models import Alert
from jobs import Job, carriers, heart, life, wishes
from jobs.running import Lost, Running
from parlour import Lease
from parlour.presence import sweep
from tests.jobs.kitchen.bodies import one_more, stir
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_clocks")]


@pytest.fixture
def frozen(ann):
    """A run of a process that is frozen: its lease ran out, its job was taken over and is running elsewhere."""
    Job.objects.create(owner=ann, kind="bake", title="Bread", arguments={"loaves": 9})
    running = Running(life.claim("frozen", ["bake"]))
    one_more(running, 1)
    Lease.objects.update(expires=timezone.now())
    sweep()
    assert Job.objects.get().stands == "stalled"
    Job.objects.update(kind="by hand")  # so that nobody here carries it
    assert wishes.grant("retry", running.pk)
    assert life.claim("other", ["by hand"]).attempt == 2
    assert Job.objects.get().stands == "running"
    return running


def test_a_run_that_thaws_after_its_job_was_taken_over_writes_nothing(frozen):
    before = Job.objects.values().get()
    with pytest.raises(Lost):
        one_more(frozen, 2)
    assert Group.objects.count() == 1
    frozen.report(7, 9)
    life.write([(frozen, frozen.news)])
    for state in ("done", "failed", "cancelled"):
        life.end("frozen", frozen, state, "late")
    life.put_back("frozen", [frozen])
    assert Job.objects.values().get() == before
    assert not Alert.objects.exists()


def test_a_run_that_was_taken_over_hears_of_it_and_ends(ann):
    job = stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    Job.objects.update(attempt=2, kind="by hand")
    assert carriers.rest(5)
    assert Job.objects.get().state == "running"
    assert not Alert.objects.exists()
    assert job.pk


def test_a_run_whose_job_was_deleted_gives_its_lease_up(ann):
    stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    assert Lease.objects.count() == 1
    Job.objects.all().delete()
    assert carriers.rest(5)
    assert not Lease.objects.exists()


def test_leases_are_renewed_as_long_as_the_job_runs(ann):
    job = stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done > 200)  # twice as long as a lease
    assert Job.objects.get().stands == "running"
    assert job.pk
    assert carriers.rest(10)
    assert not Lease.objects.exists()


def test_a_lease_that_was_swept_while_its_process_was_frozen_is_taken_again(ann):
    stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done)
    Lease.objects.all().delete()
    assert Job.objects.get().stands == "stalled"
    until(lambda: Job.objects.get().stands == "running", 2)
    assert carriers.rest(10)
    assert Job.objects.get().state == "done"


def test_a_process_that_is_told_to_end_puts_its_jobs_back(ann, monkeypatch):
    own = heart.Heart()
    monkeypatch.setattr(heart, "_heart", own)
    stir.start(ann, "Porridge", times=10_000, pause=0.01)
    until(lambda: Job.objects.get().done)
    own.close()
    job = Job.objects.get()
    assert (job.state, job.attempt) == ("queued", 2)
    assert carriers.rest(5)
    assert Job.objects.get().state == "queued"  # nobody claims any more
    assert not Lease.objects.exists()


def test_the_same_job_is_claimed_once(ann):
    job = Job.objects.create(owner=ann, kind="bake", title="Bread")
    assert life.claim("one", ["bake"])
    assert life._taken("other", job.pk, ann.pk) is None  # it had looked at the same moment
    assert life.claim("other", ["bake"]) is None


def test_an_end_that_cannot_be_written_is_tried_until_it_can_and_keeps_no_hand(ann, monkeypatch, caplog):
    end, tries = life.end, []

    def full(process, running, *how):
        tries.append(running.pk)
        if len(tries) < 4:
            raise OSError("database or disk is full")
        end(process, running, *how)

    monkeypatch.setattr(life, "end", full)
    stir.start(ann, "Porridge", times=1)
    assert carriers.rest(5)
    assert Job.objects.get().stands == "running"
    until(lambda: Job.objects.get().state == "done")
    assert [alert.title for alert in Alert.objects.all()] == ["Porridge: done"]
    assert caplog.text.count("could not be") == 2  # by the run, and by the heart
    until(lambda: not heart.current().runs)
    assert not Lease.objects.living(f"jobs.{ann.pk}").exists()


def test_an_end_that_could_not_be_written_before_its_process_ended_is_another_try(ann, monkeypatch):
    own = heart.Heart()
    monkeypatch.setattr(heart, "_heart", own)
    monkeypatch.setattr(life, "end", lambda *_: 1 / 0)
    stir.start(ann, "Porridge", times=1)
    assert carriers.rest(5)
    own.close()
    assert (Job.objects.get().state, Job.objects.get().attempt) == ("queued", 2)
    until(lambda: not own.runs)


def test_a_database_that_is_away_for_a_while_is_logged_once_and_nothing_is_lost(ann, monkeypatch, caplog):
    write, tries = life.write, []

    def unwell(news):
        tries.append(news)
        if len(tries) < 4:
            raise OSError("the database is away")
        write(news)

    monkeypatch.setattr(life, "write", unwell)
    stir.start(ann, "Porridge", times=300, pause=0.01)
    until(lambda: Job.objects.get().done)
    assert len(tries) >= 4
    assert caplog.text.count("could not be seen to") == 1
    assert carriers.rest(10)


def test_threads_that_failed_are_followed_by_others(ann, monkeypatch, caplog):
    claim, tries = life.claim, []

    def unwell(*wanted):
        tries.append(wanted)
        if len(tries) <= carriers.crew.most:
            raise OSError("the database is away")
        return claim(*wanted)

    monkeypatch.setattr(life, "claim", unwell)
    job = stir.start(ann, "Porridge", times=3, pause=0)
    for _ in range(carriers.crew.most):
        assert carriers.rest(5)
        carriers.hint()  # as the lookout does
    until(lambda: Job.objects.get(pk=job.pk).state == "done")
    assert caplog.text.count("a thread for jobs failed") == carriers.crew.most
