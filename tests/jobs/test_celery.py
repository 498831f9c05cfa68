"""Jobs run by real processes: Celery's workers with a real Redis, and web servers; stopped, and without a broker."""

import signal
import time

import pytest
from django.contrib.auth.models import Group

from alerts.models import Alert
from e2e.support.redis import Redis
from jobs import Job, celery_backend, runner, transitions
from jobs.transitions import job_queued
from tests.jobs.fixture_app.tasks import bake, slice_bread, stir
from tests.jobs.processes import Processes
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture
def brokered(redis):
    """This process sends its jobs to the broker."""
    from config.celery import app

    app.conf.broker_url = redis.url()
    if not redis.process.alive:
        redis.start()
    job_queued.disconnect(runner.put)
    job_queued.connect(celery_backend.send)
    yield redis
    job_queued.disconnect(celery_backend.send)
    job_queued.connect(runner.put)


@pytest.fixture
def processes(tmp_path):
    processes = Processes(tmp_path)
    yield processes
    processes.kill()
    print(processes.logs())


@pytest.fixture
def worker(processes, brokered):
    return lambda: processes.worker(brokered.url())


def state(job):
    return Job.objects.get(pk=job.pk).state


def test_a_worker_runs_each_job_once_however_often_its_message_comes_and_finds_what_has_none(ann, worker):
    jobs = [bake.start(ann, f"Bread {n}", loaves=3) for n in range(3)]
    for _ in range(5):
        for job in jobs:
            celery_backend.run.delay(job.pk)
    celery_backend.run.delay("forged")
    slice_bread.delay(ann.pk, 3)  # a task of somebody else, with a bar
    Job.objects.create(owner=ann, kind="stir", title="Its message was lost", arguments={"times": 1})
    worker()
    until(lambda: Job.objects.filter(state="done").count() == 5, 30)
    assert Group.objects.count() == 12
    assert Alert.objects.count() == 5


def test_without_its_broker_what_runs_goes_on_and_a_start_returns_at_once(ann, worker, brokered, caplog):
    worker()
    job = bake.start(ann, "Bread", loaves=60, pause=0.1)
    until(lambda: Group.objects.exists(), 20)
    brokered.kill()
    for n in range(3):
        began = time.monotonic()
        stir.start(ann, f"Porridge {n}", times=1)
        assert time.monotonic() - began < 1
        assert runner.join(30)
    assert [record.getMessage()[:32] for record in caplog.records].count("messages for jobs do not go out ") == 1
    until(lambda: state(job) == "done", 20)
    assert (Job.objects.get(pk=job.pk).attempt, Group.objects.count()) == (1, 60)
    brokered.start()
    worker()  # Celery may end when its broker goes; whoever keeps it starts it again
    until(lambda: Job.objects.filter(state="done").count() == 4, 30)


def test_a_broker_that_does_not_answer_holds_up_nobody(ann, brokered):
    brokered.freeze()
    try:
        began = time.monotonic()
        job = bake.start(ann, "Bread", loaves=1)
        assert time.monotonic() - began < 1
        assert state(job) == "queued"
    finally:
        brokered.thaw()


@pytest.mark.parametrize("kind", ["worker", "daphne", "uvicorn"])
def test_a_process_finds_what_waits_puts_it_back_within_seconds_and_the_next_goes_on(ann, processes, kind, request):
    start = request.getfixturevalue("worker") if kind == "worker" else lambda: processes.server(kind)
    job = Job.objects.create(owner=ann, kind="bake", title="Bread", arguments={"loaves": 999, "pause": 0.1})
    first = start()
    until(lambda: Group.objects.count() > 3, 30)
    assert state(job) == "running"
    assert first.end(signal.SIGTERM) < 8
    assert state(job) == "queued"
    baked = Group.objects.count()
    Job.objects.update(arguments={"loaves": baked + 5})
    start()
    until(lambda: state(job) == "done", 30)
    assert (Job.objects.get().attempt, Group.objects.count()) == (2, baked + 5)


def test_the_job_of_a_killed_worker_stalls_and_a_retry_goes_on_where_it_was(ann, worker):
    first = worker()
    job = bake.start(ann, "Bread", loaves=40, pause=0.1)
    until(lambda: Group.objects.count() > 3, 20)
    first.end(signal.SIGKILL)
    until(lambda: runner.look(celery_backend.send, int) or state(job) == "stalled", 15)
    assert Group.objects.count() < 40
    assert transitions.act("retry", job.pk)
    worker()
    until(lambda: state(job) == "done", 30)
    names = list(Group.objects.values_list("name", flat=True))
    assert len(names) == len(set(names)) == 40
    assert Job.objects.get().attempt == 2
