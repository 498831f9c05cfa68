"""Jobs run by a real worker with a real Redis: killed, restarted, without its broker."""

import signal
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group

from alerts.models import Alert
from e2e.support.redis import Redis
from jobs import Job, celery_backend
from jobs.streams import JobConsumer
from parlour.testing import Page
from tests.jobs.fixture_app.tasks import bake, slice_bread, stir
from tests.jobs.processes import Processes
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = sync_to_async


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture
def brokered(settings, redis):
    """This process sends its jobs to the broker."""
    from config.celery import app

    settings.CELERY_BROKER_URL = app.conf.broker_url = redis.url()
    if not redis.process.alive:
        redis.start()
    yield redis
    assert celery_backend.senders.join(20)


@pytest.fixture
def processes(tmp_path):
    processes = Processes(tmp_path, LEASE=3, RENEW=1, TICK=0.2)
    yield processes
    processes.kill()
    print(processes.logs())


@pytest.fixture
def worker(processes, brokered):
    return lambda: processes.worker(brokered.url())


def status(job):
    return Job.objects.get(pk=job.pk).status


def test_a_worker_runs_each_job_once_however_often_its_message_comes(ann, worker):
    jobs = [bake.start(ann, f"Bread {n}", loaves=3) for n in range(3)]
    for _ in range(5):
        for job in jobs:
            celery_backend.run.delay(job.pk)
    celery_backend.run.delay("forged")
    slice_bread.delay(ann.pk, 3)  # a task of somebody else, with a bar
    worker()
    until(lambda: Job.objects.filter(state="done").count() == 4, 30)
    assert Group.objects.count() == 12
    assert Alert.objects.count() == 4


@pytest.mark.faults
def test_a_job_whose_message_was_lost_is_found_by_a_worker(ann, worker):
    worker()
    first = stir.start(ann, "Porridge", times=1)
    until(lambda: status(first) == "done", 20)
    silent = Job.objects.create(owner=ann, kind="stir", title="Silent", arguments={"times": 1})
    until(lambda: status(silent) == "done", 8)


@pytest.mark.faults
def test_without_its_broker_a_start_returns_at_once_and_the_job_runs_when_it_is_back(ann, worker, brokered, caplog):
    process = worker()
    first = stir.start(ann, "Porridge", times=1)
    until(lambda: status(first) == "done", 20)
    brokered.kill()
    for n in range(3):
        began = time.monotonic()
        bake.start(ann, f"Bread {n}", loaves=1)
        assert time.monotonic() - began < 1
    assert celery_backend.senders.join(30)
    assert [record.getMessage()[:32] for record in caplog.records].count("messages for jobs do not go out ") == 1
    brokered.start()
    if not process.alive:  # Celery may end when its broker goes; whoever keeps it starts it again
        worker()
    until(lambda: Job.objects.filter(state="done").count() == 4, 30)
    assert Group.objects.count() == 3


@pytest.mark.faults
def test_a_broker_that_does_not_answer_holds_up_nobody(ann, brokered):
    brokered.freeze()
    try:
        began = time.monotonic()
        job = bake.start(ann, "Bread", loaves=1)
        assert time.monotonic() - began < 1
        assert status(job) == "queued"
    finally:
        brokered.thaw()


@pytest.mark.faults
def test_a_job_that_runs_while_the_broker_is_away_goes_on(ann, worker, brokered):
    worker()
    job = bake.start(ann, "Bread", loaves=60, pause=0.1)
    until(lambda: Group.objects.exists(), 20)
    brokered.kill()
    until(lambda: status(job) == "done", 20)
    assert (Job.objects.get().attempt, Group.objects.count()) == (1, 60)


@pytest.mark.faults
def test_a_worker_that_is_told_to_end_does_so_at_once_and_the_next_goes_on(ann, worker):
    first = worker()
    job = bake.start(ann, "Bread", loaves=100, pause=0.1)
    until(lambda: Group.objects.count() > 3, 20)
    assert first.end(signal.SIGTERM) < 8
    assert status(job) == "queued"
    Job.objects.update(arguments={"loaves": 12})
    worker()
    until(lambda: status(job) == "done", 20)
    assert (Job.objects.get().attempt, Group.objects.count()) == (2, max(12, Group.objects.count()))


@pytest.mark.faults
async def test_a_killed_worker_shows_as_stalled_on_an_open_page_and_a_retry_resumes(ann, worker, conf):
    conf(LEASE=3.0, RENEW=1.0, TICK=0.2)
    process = await in_thread(worker)()
    job = await in_thread(bake.start)(ann, "Bread", loaves=40, pause=0.1)
    async with Page(JobConsumer, ann, pk=job.pk) as page:
        await in_thread(until)(lambda: Group.objects.count() >= 16, 20)
        await page.until(lambda: "of 40" in page.document.text())
        await in_thread(process.end)(signal.SIGKILL)
        await page.shows("Stalled: nobody is working on this any more.")
        assert "Retry" in page.document.text()
        done = await Group.objects.acount()
        assert done < 40
        assert await in_thread(Job.objects.act)("retry", job.pk)
        await page.shows("Waiting for its turn.")
        await in_thread(worker)()
        await in_thread(until)(lambda: status(job) == "done", 30)
        await page.shows("40 of 40")
        assert await page.equals_fresh()
    names = [name async for name in Group.objects.values_list("name", flat=True)]
    assert len(names) == len(set(names)) == 40
    assert (await Job.objects.aget()).attempt == 2


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_web_server_carries_finds_what_waits_and_ends_within_seconds(ann, processes, kind):
    arguments = {"loaves": 999, "pause": 0.1}
    job = Job.objects.create(owner=ann, kind="bake", title="Bread", arguments=arguments)
    server = processes.server(kind)
    until(lambda: Group.objects.count() > 3, 30)
    assert status(job) == "running"
    assert server.end(signal.SIGTERM) < 8
    assert status(job) == "queued"
    left = Group.objects.count()
    Job.objects.update(arguments={"loaves": left + 5})
    processes.server(kind)
    until(lambda: status(job) == "done", 30)
    assert (Job.objects.get().attempt, Group.objects.count()) == (2, left + 5)
