"""A process says what it does, in one statement, and nothing of it fails while the database is away."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from monitoring import problems, reporter
from monitoring.models import Process
from monitoring.reporter import Meter, Reporter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def metrics(monkeypatch):
    """Metrics of this test alone, by their names."""
    registry = CollectorRegistry()
    monkeypatch.setattr(reporter, "REGISTRY", registry)
    return {
        "sockets": Gauge("parlour_sockets", "…", ["kind"], registry=registry),
        "deliveries": Counter("parlour_deliveries_total", "…", registry=registry),
        "lost": Counter("parlour_hints_lost_total", "…", registry=registry),
        "full": Counter("parlour_queue_overflows_total", "…", registry=registry),
        "fan_out": Histogram("parlour_fan_out_seconds", "…", buckets=(0.01, 0.1, 1.0), registry=registry),
    }


def test_every_metric_that_is_read_exists():
    names = {reporter.FAN_OUT, reporter.SOCKETS, *reporter.TOTALS.values()}
    assert names <= set(REGISTRY._names_to_collectors)


def test_counts_are_those_since_the_last_reading(metrics):
    meter = Meter()
    metrics["deliveries"].inc(7)
    metrics["sockets"].labels("room").set(2)
    metrics["fan_out"].observe(0.05)
    first = meter.read()
    assert (first["deliveries"], first["sockets"], first["kinds"], first["slowest"]) == (7, 2, {"room": 2}, 0.1)
    metrics["deliveries"].inc(2)
    metrics["fan_out"].observe(0.005)
    second = meter.read()
    assert (second["deliveries"], second["slowest"]) == (2, 0.01)
    assert meter.read()["slowest"] == 0
    metrics["fan_out"].observe(9)
    assert meter.read()["slowest"] == reporter.BEYOND


def test_each_minute_of_an_hour_is_kept(metrics, monkeypatch):
    meter, now = Meter(), [600.0]
    monkeypatch.setattr(reporter.time, "time", lambda: now[0])
    for sockets, frames, lost in ((5, 10, 0), (3, 20, 1)):
        metrics["sockets"].labels("bell").set(sockets)
        metrics["deliveries"].inc(frames)
        metrics["lost"].inc(lost)
        meter.read()
    assert meter.minutes == [[10, 5, 30, 0, 1]]
    for _ in range(80):
        now[0] += 60
        meter.read()
    assert len(meter.minutes) == 60
    assert meter.minutes[-1][0] == 90


def test_a_report_is_one_statement_that_moves_no_head_while_nobody_looks(metrics, monkeypatch):
    mine = Reporter("web one", lambda: "ok")
    monkeypatch.setattr(problems, "look", lambda: None)
    mine.report()
    with CaptureQueriesContext(connection) as queries:
        mine.report()
    assert [query["sql"].split()[0] for query in queries.captured_queries] == ["UPDATE"]


def test_a_process_whose_row_was_deleted_or_dismissed_is_there_again_with_its_next_report(metrics):
    mine = Reporter("web one", lambda: "ok")
    mine.report()
    problems.dismiss(mine.pk)
    mine.report()
    assert Process.objects.get().state == "running"
    Process.objects.all().delete()
    mine.report()
    assert Process.objects.get().name == "web one"


def test_while_the_database_is_away_it_is_logged_once_and_told_when_it_is_back(metrics, monkeypatch, caplog, told):
    mine = Reporter("web one", lambda: "ok")

    def fail(*_, **__):
        raise DatabaseError("no route to it")

    with monkeypatch.context() as patch:
        patch.setattr(Process.objects, "filter", fail)
        patch.setattr(Process, "save", fail)
        for _ in range(3):
            mine.attempt(mine.report)
    assert [record.message for record in caplog.records] == ["the database is away: no route to it"]
    mine.attempt(mine.report)
    mine.attempt(mine.report)
    assert told() == ["The database was away"]
    assert caplog.records[-1].levelno == logging.WARNING


def test_hints_are_missed_only_where_there_is_a_redis_to_carry_them(metrics, settings, told):
    mine = Reporter("web one", lambda: "ok")
    metrics["lost"].inc()
    mine.report()
    assert told() == []
    settings.REDIS_URLS = ["redis://127.0.0.1:1"]
    metrics["lost"].inc()
    metrics["full"].inc()
    mine.report()
    mine.report()
    assert sorted(told()) == ["A page fell behind", "Hints get lost"]


def test_a_clock_that_is_an_hour_off_makes_nobody_dead(metrics, monkeypatch, told, report):
    report("web two")
    mine = Reporter("web one", lambda: "ok")
    for hours in (-1, 1):
        off = datetime.now(UTC) + timedelta(hours=hours)
        monkeypatch.setattr(timezone, "now", lambda off=off: off)
        mine.report()
        assert {process.state for process in Process.objects.all()} == {"running"}
    assert told() == []


def test_a_process_that_ends_reports_so(metrics):
    mine = Reporter("web one", lambda: "ok")
    mine.report()
    mine.closing.set()
    mine.run()
    assert Process.objects.get().state == "stopped"
