"""Owners take turns: nobody's jobs, however many or long, keep another's from being carried."""

from datetime import timedelta
from threading import Event
from time import monotonic, sleep

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from alerts.models import Alert
from jobs import Job, carriers, heart, life, task
from parlour import Lease
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cem(db):
    return get_user_model().objects.create_user("cem", display_name="Cem")


@pytest.fixture
def queued():
    """queued(owner, title) waits, of a kind that nobody here carries by itself."""
    return lambda owner, title, **more: Job.objects.create(owner=owner, kind="by hand", title=title, **more)


def claimed():
    job = life.claim("one", ["by hand"])
    return job and job.title


def test_who_has_nothing_running_comes_before_who_has(ann, ben, queued):
    for title in ("a1", "a2", "a3"):
        queued(ann, title)
    queued(ben, "b1")
    assert [claimed() for _ in range(5)] == ["a1", "b1", "a2", "a3", None]


def test_a_run_that_nobody_is_alive_to_go_on_with_counts_for_nothing(ann, ben, queued):
    queued(ann, "a1", state="running")
    queued(ann, "a2")
    queued(ben, "b1")
    assert claimed() == "a2"


def test_of_those_who_have_nothing_running_the_one_served_longest_ago_comes_first(ann, ben, cem, queued):
    for owner, minutes in ((ann, 1), (ben, 3), (cem, 2)):
        at = timezone.now() - timedelta(minutes=minutes)
        queued(owner, "old", state="done", ended=at)
        queued(owner, f"{owner.username}1")
        queued(owner, f"{owner.username}2")
    assert claimed() == "ben1"
    assert claimed() == "cem1"
    assert claimed() == "ann1"


def test_owners_whose_turn_is_the_same_go_by_how_long_they_wait(ann, ben, queued):
    queued(ben, "b1")
    queued(ann, "a1")
    assert [claimed(), claimed()] == ["b1", "a1"]


@pytest.fixture
def long(monkeypatch):
    """A task that goes on where it was, in slices of nearly no time."""
    monkeypatch.setattr(heart, "SLICE", 0.2)
    monkeypatch.setattr(heart, "LISTEN", 0.1)
    monkeypatch.setattr(life, "PATIENCE", 0.1)

    def made(**more):
        @task("long", "Long", **more)
        def body(job):
            for n in range(job.job.done + 1, 301):
                job.report(n, 300)
                sleep(0.01)

        return body

    return made


def test_long_runs_make_way_for_a_third_person_and_go_on_where_they_were(ann, ben, cem, long):
    body = long(resumes=True)
    hogs = [body.start(ann, "Ann's"), body.start(ben, "Ben's")]
    until(lambda: Job.objects.filter(state="running").count() == 2)

    @task("short", "Short")
    def short(job):
        return "Done."

    job = short.start(cem, "Cem's")
    until(lambda: Job.objects.get(pk=job.pk).state == "done", 3)
    assert {each.state for each in Job.objects.filter(kind="long")} <= {"running", "queued"}
    assert Job.objects.filter(kind="long", attempt__gt=1).exists()
    assert not Alert.objects.exclude(audience=f"user.{cem.pk}").exists()
    until(lambda: Job.objects.filter(state="done").count() == 3)
    assert carriers.rest(5)
    assert {Job.objects.get(pk=each.pk).done for each in hogs} == {300}
    assert Alert.objects.count() == 3


def test_a_run_makes_way_for_no_job_of_the_same_owner_and_only_if_it_resumes(ann, ben, long):
    resuming = long(resumes=True)
    jobs = [resuming.start(ann, "Ann's") for _ in range(3)]
    until(lambda: Job.objects.filter(state="done").count() == 3, 15)
    assert {Job.objects.get(pk=each.pk).attempt for each in jobs} == {1}
    steady = long()
    jobs = [steady.start(ann, "One"), steady.start(ann, "Two"), steady.start(ben, "Three")]
    until(lambda: Job.objects.filter(state="done").count() == 6, 15)
    assert {Job.objects.get(pk=each.pk).attempt for each in jobs} == {1}


def test_a_run_makes_way_only_once_it_has_come_further(ann, ben, cem, long):
    gate = Event()

    @task("slow start", "Slow start", resumes=True)
    def slow(job):
        job.report(job.job.done)
        while not gate.is_set():
            job.check()
            sleep(0.01)
        for n in range(job.job.done + 1, 101):
            job.report(n, 100)
            sleep(0.01)

    jobs = [slow.start(owner, "Slow") for owner in (ann, ben, cem)]
    own = heart.current()
    until(lambda: own.runs and all(each.began < monotonic() - heart.SLICE for each in own.runs))
    until(lambda: life.others_wait({ann.pk, ben.pk}))
    own._make_way(list(own.runs))
    assert [each.stop for each in own.runs] == [None, None]
    assert sorted(Job.objects.values_list("attempt", "state")) == [(1, "queued"), (1, "running"), (1, "running")]
    gate.set()
    until(lambda: Job.objects.filter(state="done").count() == 3)
    assert max(Job.objects.get(pk=job.pk).attempt for job in jobs) > 1


def test_whose_lease_is_held_by_another_process_is_busy_too(ann, ben, queued):
    running = queued(ann, "a1", state="running")
    Lease.objects.take("elsewhere", [running.seat])
    queued(ann, "a2")
    queued(ben, "b1")
    assert claimed() == "b1"
