"""What an operator's tools see of real processes: readiness while others are away, true metrics, whole log lines."""

import json
import re
import signal
import time
from collections.abc import Callable

import pytest
import redis as redis_client

from .support.deployments import Builder, Deployment
from .support.http_client import HttpClient
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

pytestmark = pytest.mark.faults
TOKEN = "a-token-for-the-scrape"
ALL_OK = dict.fromkeys(("database", "migrations", "layer", "tick", "sockets", "process"), "ok")


def ready(server: Server) -> tuple[int, dict[str, str]]:
    """The status of /readyz and its lines, by name; it takes less than five seconds."""
    began = time.monotonic()
    answer = HttpClient(server.url).get("/readyz")
    assert time.monotonic() - began < 5
    return answer.status, dict(line.split(": ", 1) for line in answer.text.splitlines())


def scrape(server: Server) -> dict[str, float]:
    """The samples of /metrics, by name with labels; it takes less than five seconds."""
    began = time.monotonic()
    answer = HttpClient(server.url).get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert answer.status == 200
    assert time.monotonic() - began < 5
    return {name: float(value) for name, value in re.findall(r"^([a-z]\S+) (\S+)$", answer.text, re.MULTILINE)}


@pytest.mark.parametrize("away", ["killed", "frozen"])
def test_without_redis_pages_stay_in_service_and_the_layer_is_named(
    cluster: Deployment, redis: Redis, away: str
) -> None:
    server = cluster.servers[0]
    assert ready(server) == (200, ALL_OK)
    redis.kill() if away == "killed" else redis.freeze()
    eventually(lambda: ready(server) == (200, ALL_OK | {"layer": "no answer from Redis 1 of 1"}), 5)
    redis.start() if away == "killed" else redis.thaw()
    eventually(lambda: ready(server) == (200, ALL_OK), 5)
    with redis_client.Redis.from_url(redis.url()) as operator:
        before = operator.info("stats")["total_connections_received"]
        for _ in range(20):
            assert ready(server) == (200, ALL_OK)
        assert operator.info("stats")["total_connections_received"] - before < 5, "a connection is kept"


def test_without_its_database_a_process_gets_no_requests_and_can_still_be_measured(
    new_deployment: Callable[..., Deployment], builder: Builder
) -> None:
    deployment = new_deployment(postgres=True, METRICS_TOKEN=TOKEN)
    server, postgres = deployment.start_server("uvicorn"), builder.postgres
    assert postgres
    assert ready(server) == (200, ALL_OK)
    assert scrape(server)['parlour_jobs{state="queued"}'] == 0
    postgres.process.end(signal.SIGQUIT)
    try:
        gone = ALL_OK | {"database": "does not answer", "migrations": "not known"}
        eventually(lambda: ready(server) == (503, gone), 5)
        samples = scrape(server)
        assert samples['parlour_ready{check="database"}'] == 0
        assert samples['parlour_database_pool{state="most"}'] == 34
        assert 'parlour_jobs{state="queued"}' not in samples
        assert HttpClient(server.url).get("/healthz").status == 200
    finally:
        postgres.start()
    eventually(lambda: ready(server) == (200, ALL_OK), 15)


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
def test_each_line_of_the_log_is_an_object_that_names_what_it_belongs_to_and_no_secret_is_in_it(
    new_deployment: Callable[..., Deployment], kind: str
) -> None:
    server = new_deployment(LOG_FORMAT="json", LOG_LEVEL="DEBUG").start_server(kind)
    client = HttpClient(server.url).sign_in("member")
    room = RoomSocket(client, "lobby").hello()
    room.say("hello")
    room.waits_for("hello")
    answer = client.get("/nowhere/?token=a-token", **{"X-Request-ID": "from-nginx.1"})
    assert answer.headers["X-Request-ID"] == "from-nginx.1"
    for path in ("/static/nowhere.css", "/%ff?%ff", "/accounts/login/?next=//evil.example"):
        client.get(path, Host="evil.example")
    server.stop()
    lines = [json.loads(line) for line in server.process.log.read_text().splitlines()]
    assert [line for line in lines if not {"timestamp", "level", "logger", "event"} <= line.keys()] == []
    [missing] = [line for line in lines if line["event"] == "Not Found: /nowhere/"]
    assert missing["request"] == "from-nginx.1"
    [greeted] = [line for line in lines if "says hello" in line["event"]]
    assert len(greeted["socket"]) == 8
    text = server.process.log.read_text()
    assert [name for name in ("a-token", client.cookie("sessionid"), client.cookie("csrftoken")) if name in text] == []
