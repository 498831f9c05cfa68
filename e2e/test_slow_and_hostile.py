"""A reader that stops reading and one that floods cost little and delay nobody; a deploy ends in time."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.stalled_reader import StalledReader
from .support.waiting import eventually

pytestmark = pytest.mark.faults
UNBOUNDED = {"ROOMS_POST_RATE": "100000/100000"}
PAGEFUL = "so much to tell " * 240  # just under what one message may hold
MAY_COST = 20.0  # MiB; threads, arenas and kept markup are most of it (8,000 texts are 30)
NOTICED = 0.5  # seconds: less is the machine, not the neighbour


@pytest.fixture(params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, new_deployment: Callable[..., Deployment]) -> Server:
    return new_deployment(**UNBOUNDED).start_server(request.param)


def test_a_reader_that_stops_reading_costs_little_and_delays_nobody(server: Server) -> None:
    client = HttpClient(server.url).sign_in("member")
    talker = RoomSocket(client, "lobby").hello()
    usual, before = _talk(talker, 2000), server.process.most_memory()
    stalled = StalledReader(client, "lobby")
    beside = _talk(talker, 8000)
    cost = server.process.most_memory() - before
    assert cost < MAY_COST, f"{cost:.1f} MiB"
    assert beside < max(3 * usual, NOTICED), f"{beside:.3f} s instead of {usual:.3f} s"
    assert stalled.read_on() in (1006, 1013), "a page that cannot take its close frame is dropped without one"


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_slow_answer_in_the_making_does_not_hold_up_a_deploy(
    new_deployment: Callable[..., Deployment], kind: str
) -> None:
    deployment = new_deployment(postgres=True)
    server = deployment.start_server(kind)
    member = HttpClient(server.url).sign_in("member")
    room = RoomSocket(member, "lobby").hello()
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("LOCK TABLE parlour_rooms_message IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(target=_request_in_vain, args=(member, "/rooms/lobby/"), daemon=True)
        asking.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        eventually(lambda: deployment.rows(waiting) > [(0,)], 10, "a request that waits")
        took = server.stop()
    assert took < 15, f"took {took:.1f} s"
    assert room.closed() == 1012
    asking.join(5)


def _request_in_vain(client: HttpClient, path: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        client.get(path)


def _talk(talker: RoomSocket, many: int) -> float:
    """Say `many` long texts, ten at a time; seconds from posting to hearing, the 95th of a hundred."""
    times = []
    for _ in range(many // 10):
        started = time.monotonic()
        mark = f"{time.monotonic_ns()}"
        talker.frames.clear()
        texts = [("text", f"{PAGEFUL} {mark}-{part}") for part in range(10)]
        assert talker.client.post("/rooms/lobby/messages/", [("page", ""), ("acked", "0"), *texts]).status == 302
        talker.hears(f"{mark}-0")
        times.append(time.monotonic() - started)
    return sorted(times)[int(len(times) * 0.95) - 1]
