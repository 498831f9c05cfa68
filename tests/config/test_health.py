"""What a process says of itself: that it lives, whether it should get requests, and what an operator measures."""

import asyncio
import threading
import time

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import health
from jobs.models import Job
from parlour import drain, hub

ALL_OK = dict.fromkeys(("database", "migrations", "layer", "tick", "sockets", "process"), "ok")


def found(answer):
    return dict(line.split(": ", 1) for line in answer.content.decode().splitlines())


@pytest.fixture
def question(monkeypatch):
    """question(ask) asks the database something else."""
    return lambda ask: monkeypatch.setattr(health, "_ask_database", health.Question(ask))


@pytest.fixture
def scrape(client, settings):
    """The samples of /metrics, by name and labels."""
    settings.METRICS_TOKEN = "t" * 40

    def scrape():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    return scrape


def test_a_process_that_lives_says_ok_and_one_that_is_ready_names_all_that_was_checked(client, transactional_db):
    assert (client.get("/healthz").status_code, client.get("/healthz").content) == (200, b"ok")
    answer = client.get("/readyz")
    assert (answer.status_code, found(answer)) == (200, ALL_OK)


def test_without_its_database_a_process_lives_and_is_not_ready(client, db, question):
    def away():
        raise OperationalError

    question(away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert found(answer) == ALL_OK | {"database": "does not answer", "migrations": "not known"}
    assert client.get("/healthz").status_code == 200


def test_a_database_that_hangs_holds_up_one_thread_however_often_it_is_asked_for(client, db, question, monkeypatch):
    monkeypatch.setattr(health, "WAIT", 0.05)
    answers, asked = threading.Event(), []
    question(lambda: asked.append(1) or answers.wait(10))
    for _ in range(3):
        answer = client.get("/readyz")
        assert (answer.status_code, found(answer)["database"]) == (503, "does not answer")
    assert len(asked) == 1
    answers.set()
    monkeypatch.setattr(health, "WAIT", 10)
    assert client.get("/readyz").status_code == 200


def test_not_ready_until_all_migrations_are_applied(client, transactional_db, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    applied = MigrationRecorder.Migration.objects.filter(app="parlour_alerts")
    kept = list(applied)
    try:
        applied.delete()
        answer = client.get("/readyz")
        assert (answer.status_code, found(answer)) == (503, ALL_OK | {"migrations": "not all are applied"})
        MigrationRecorder.Migration.objects.bulk_create(kept)
        assert client.get("/readyz").status_code == 200
        applied.delete()
        assert client.get("/readyz").status_code == 200, "it is asked until it is right, and not again"
    finally:
        MigrationRecorder.Migration.objects.bulk_create(kept)


def test_a_hub_whose_tick_has_stopped_is_named_and_the_process_gets_no_requests(client, transactional_db, monkeypatch):
    monkeypatch.setattr(health, "tick_age", lambda: 29.0)
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "tick_age", lambda: 31.4)
    answer = client.get("/readyz")
    assert (answer.status_code, found(answer)) == (503, ALL_OK | {"tick": "the last one was 31 s ago"})


@pytest.mark.django_db(transaction=True)
async def test_the_age_of_the_tick_grows_while_ticks_fail_and_is_none_without_a_hub(monkeypatch, conf):
    conf(TICK=60)
    monkeypatch.setattr(hub, "_hub", None)
    assert hub.tick_age() is None
    here = hub.current()
    here.tasks[0].cancel()  # that of the clock
    await here._tick()
    assert 0 <= hub.tick_age() < 5
    here.ticked -= 100

    async def fails(names):
        raise OperationalError

    monkeypatch.setattr(here, "read", fails)
    with pytest.raises(OperationalError):
        await here._tick()
    assert hub.tick_age() > 90
    other = asyncio.new_event_loop()
    other.close()
    monkeypatch.setattr(here, "loop", other)
    assert hub.tick_age() is None


def test_a_process_that_drains_gets_no_requests(client, transactional_db, monkeypatch):
    monkeypatch.setattr(drain, "_draining", True)
    answer = client.get("/readyz")
    assert (answer.status_code, found(answer)) == (503, ALL_OK | {"process": "draining"})


def test_a_redis_that_is_away_is_named_and_takes_no_page_out_of_service(client, transactional_db, settings):
    settings.REDIS_URLS = ["redis://127.0.0.1:1/0", "redis://127.0.0.1:2/0"]
    answer = client.get("/readyz")
    assert (answer.status_code, found(answer)) == (200, ALL_OK | {"layer": "no answer from Redis 1, 2 of 2"})


def test_metrics_are_for_whoever_has_the_token_and_without_one_there_are_none(client, db, settings):
    settings.METRICS_TOKEN = ""
    for headers in ({}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=headers).status_code == 404
    settings.METRICS_TOKEN = "secret"
    for sent in ("", "Bearer", "Bearer ", "Bearer wrong", "Bearer secret ", "secret", "Basic secret", "Bearer sécret"):
        answer = client.get("/metrics", headers={"Authorization": sent} if sent else {})
        assert (answer.status_code, answer.content, answer["WWW-Authenticate"]) == (401, b"", "Bearer")
    answer = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    assert answer["Content-Type"].startswith("text/plain; version=")


def test_a_scrape_tells_of_engine_process_readiness_and_jobs(scrape, transactional_db, ann, monkeypatch):
    now = timezone.now()
    for state, age in [("queued", 40), ("queued", 90), ("running", 500), ("failed", 500), ("done", 500)]:
        Job.objects.create(owner=ann, title="x", state=state, queued=now - timezone.timedelta(seconds=age))
    samples = scrape()
    states = {state: samples[("parlour_jobs", state)] for state in ("queued", "running", "stalled", "failed")}
    assert states == {"queued": 2, "running": 1, "stalled": 0, "failed": 1}
    assert ("parlour_jobs", "done") not in samples, "there is no end of them"
    assert 90 <= samples[("parlour_job_wait_seconds",)] < 120
    assert {name: samples[("parlour_ready", name)] for name in ALL_OK} == dict.fromkeys(ALL_OK, 1)
    assert samples[("process_resident_memory_bytes",)] > 1e6
    assert ("parlour_deliveries_total",) in samples
    monkeypatch.setattr(health, "MOST_JOBS", 1)
    assert scrape()[("parlour_jobs", "queued")] == 1


def test_a_scrape_does_without_a_database_that_is_away(scrape, db, question):
    def away():
        raise OperationalError

    question(away)
    samples = scrape()
    assert (samples[("parlour_ready", "database")], samples[("parlour_ready", "layer")]) == (0, 1)
    assert ("parlour_jobs", "queued") not in samples
    assert ("parlour_deliveries_total",) in samples


def test_jobs_that_cannot_be_counted_in_time_are_left_out(scrape, transactional_db, monkeypatch):
    monkeypatch.setattr(health, "_ask_jobs", health.Question(lambda: time.sleep(0.3)))
    monkeypatch.setattr(health, "WAIT", 0.1)
    question = health.Question(lambda: True)
    monkeypatch.setattr(health, "_ask_database", question)
    samples = scrape()
    assert samples[("parlour_ready", "database")] == 1
    assert ("parlour_jobs", "queued") not in samples


def test_of_a_pool_its_connections_and_who_waits_for_one_are_told(scrape, db, question, monkeypatch):
    class Pool:
        def get_stats(self):
            return {"pool_max": 20, "pool_size": 5, "pool_available": 3, "requests_waiting": 7, "requests_num": 11}

    question(lambda: True)
    monkeypatch.setattr(type(connection), "pool", Pool(), raising=False)
    samples = scrape()
    pool = {state: samples[("parlour_database_pool", state)] for state in ("most", "open", "free", "waiting")}
    assert pool == {"most": 20, "open": 5, "free": 3, "waiting": 7}
