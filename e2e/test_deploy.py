"""A process that is told to end hands its pages on: what it has is answered, what is new goes elsewhere."""

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

Start = Callable[..., Server]
pytestmark = pytest.mark.faults


@pytest.fixture(params=["uvicorn", "daphne"])
def start(request: pytest.FixtureRequest, new_deployment: Callable[..., Deployment]) -> Iterator[Start]:
    """Start a server that drains for so many seconds."""
    return lambda seconds: new_deployment(PARLOUR_DRAIN=str(seconds)).start_server(request.param)


def test_a_process_that_ends_answers_pages_refuses_sockets_and_ends_its_own_one_person_after_another(
    start: Start,
) -> None:
    server, people = start(4), 8
    clients = [HttpClient(server.url).be_guest(f"guest {number}") for number in range(people)]
    rooms = [RoomSocket(client, "lobby").hello() for client in clients for _ in range(2)]
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    os.kill(server.process.pid, signal.SIGTERM)
    with ThreadPoolExecutor(len(rooms)) as threads:
        ends = threads.map(_end, rooms)
        eventually(lambda: _refused(rooms[0]) == 503, 2, "a new socket is refused")
        line.request("GET", "/rooms/lobby/", headers={"Cookie": clients[0].cookies})
        page = line.getresponse()
        assert (page.status, page.getheader("Connection")) == (200, "close")
        codes, times = zip(*ends, strict=True)
    assert set(codes) == {1012}
    assert max(times) - min(times) > 1, "spread"
    assert all(abs(one - other) < 0.4 for one, other in zip(times[::2], times[1::2], strict=True)), (
        "each person's together"
    )
    assert server.stop() < 16


def test_a_second_signal_ends_the_wait(start: Start) -> None:
    server = start(60)
    rooms = [RoomSocket(HttpClient(server.url).be_guest(name), "lobby").hello() for name in ("Ada", "Bo", "Cem")]
    os.kill(server.process.pid, signal.SIGTERM)
    eventually(lambda: _refused(rooms[0]) == 503, 2, "it drains")
    assert server.stop() < 8
    assert {room.closed() for room in rooms} == {1012}


def test_ctrl_c_ends_a_server_at_once(start: Start) -> None:
    server = start(60)
    room = RoomSocket(HttpClient(server.url).be_guest("Ada"), "lobby").hello()
    assert server.process.end(signal.SIGINT) < 8
    assert room.closed() == 1012


def _end(room: RoomSocket) -> tuple[int, float]:
    """The code with which a socket ends, and when."""
    return room.closed(15), time.monotonic()


def _refused(room: RoomSocket) -> int:
    """The status of a refused handshake; 0 where it is accepted."""
    try:
        room.dial().close()
    except InvalidStatus as answer:
        return answer.response.status_code
    return 0
