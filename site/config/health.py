"""Whether this process lives, whether it should get requests, and what an operator measures of it."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from hmac import compare_digest
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.models import Job
from parlour import draining, refused_sockets, submit, tick_age

WAIT = 2.0  # seconds for an answer of the database
REDIS_WAIT = 1.0  # seconds for an answer of Redis
TICK_STOPPED = 30.0  # seconds since the last tick, which should come every three
MOST_JOBS = 10_000  # of one state are counted
JOB_STATES = [Job.State.QUEUED, Job.State.RUNNING, Job.State.STALLED, Job.State.FAILED]
POOL = {"most": "pool_max", "open": "pool_size", "free": "pool_available", "waiting": "requests_waiting"}
NEEDED = {"database", "migrations", "tick", "process"}  # without Redis pages are late, and not wrong

_migrated = False


class Question:
    """Asks the database on one of the engine's threads; until it answers nobody asks again."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self.ask = ask
        self.lock = Lock()
        self.answer: Future[Any] | None = None

    def __call__(self) -> Any:
        """The answer. Raises TimeoutError after WAIT seconds, and what `ask` raises."""
        with self.lock:
            if self.answer is None or self.answer.done():
                self.answer = submit(self.ask)
        return self.answer.result(WAIT)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" while the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """What was checked, each on its line with "ok" or what is wrong; 503 if this process should get no requests."""
    found = checks()
    unfit = [name for name in NEEDED if found[name] != "ok"]
    text = "".join(f"{name}: {words}\n" for name, words in found.items())
    return HttpResponse(text, status=503 if unfit else 200, content_type="text/plain")


def checks() -> dict[str, str]:
    """What was found, by check: "ok" or what is wrong."""
    age = tick_age() or 0.0
    try:
        database = {"database": "ok", "migrations": "ok" if _ask_database() else "not all are applied"}
    except (Error, TimeoutError):
        database = {"database": "does not answer", "migrations": "not known"}
    return {
        **database,
        "layer": check_redis(),
        "tick": "ok" if age < TICK_STOPPED else f"the last one was {age:.0f} s ago",
        "sockets": refused_sockets() or "ok",
        "process": "draining" if draining() else "ok",
    }


@Question
def _ask_database() -> bool:
    """Whether all migrations are applied: looked up until they are and then never again, for nobody unapplies them."""
    global _migrated
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


@cache
def _redis(url: str) -> Redis:
    """A client that keeps its connection from one check to the next."""
    waits = {"socket_timeout": REDIS_WAIT, "socket_connect_timeout": REDIS_WAIT}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **waits)


def check_redis() -> str:
    """ "ok", or which of REDIS_URL do not answer."""
    away = [number for number, url in enumerate(settings.REDIS_URLS, 1) if not _answers(url)]
    return f"no answer from Redis {', '.join(map(str, away))} of {len(settings.REDIS_URLS)}" if away else "ok"


def _answers(url: str) -> bool:
    try:
        return bool(_redis(url).ping())
    except RedisError:
        return False


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text format, for `Authorization: Bearer …` with METRICS_TOKEN; without that setting 404."""
    if not settings.METRICS_TOKEN:
        raise Http404
    wanted, sent = f"Bearer {settings.METRICS_TOKEN}", request.headers.get("Authorization", "")
    if not compare_digest(sent.encode(), wanted.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(_site), content_type=CONTENT_TYPE_LATEST)


class SiteCollector:
    """What is asked for at each scrape: the checks of readiness, jobs, the database's pool."""

    def collect(self) -> Iterator[Metric]:
        found = checks()
        ready = {name: words == "ok" for name, words in found.items()}
        yield _gauge("parlour_ready", "1 where a check of /readyz says ok", "check", ready)
        yield GaugeMetricFamily("parlour_tick_age_seconds", "Since the last tick of the hub", value=tick_age() or 0.0)
        if (pool := getattr(connection, "pool", None)) is not None:
            stats = pool.get_stats()
            states = {state: stats.get(name, 0) for state, name in POOL.items()}
            yield _gauge("parlour_database_pool", "Connections to the database; who waits for one", "state", states)
        if found["database"] == "ok":
            with suppress(Error, TimeoutError):
                counts, wait = _ask_jobs()
                yield _gauge("parlour_jobs", f"Jobs by state, up to {MOST_JOBS} of each", "state", counts)
                yield GaugeMetricFamily(
                    "parlour_job_wait_seconds", "Since the oldest queued job was queued", value=wait
                )

    def describe(self) -> list[Metric]:
        """Asked for when it is registered, and that is too early to ask the database."""
        return []


@Question
def _ask_jobs() -> tuple[dict[str, int], float]:
    """How many jobs are in each state, and for how many seconds the oldest has waited."""
    counts = {str(state): Job.objects.filter(state=state)[:MOST_JOBS].count() for state in JOB_STATES}
    oldest = Job.objects.filter(state=Job.State.QUEUED).order_by("queued").values_list("queued", flat=True).first()
    return counts, max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0


def _gauge(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    gauge = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge


_site = CollectorRegistry()
_site.register(SiteCollector())
