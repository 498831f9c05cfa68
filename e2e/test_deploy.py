"""A process that is told to end hands its pages on: what it has is answered, what is new goes elsewhere."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.nginx import Nginx, installed
from .support.people import Person
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually, pause

Start = Callable[..., Server]
pytestmark = pytest.mark.faults


@pytest.fixture(params=["uvicorn", "daphne"])
def start(request: pytest.FixtureRequest, new_deployment: Callable[..., Deployment], redis: Redis) -> Iterator[Start]:
    """Start a server that drains for so many seconds."""
    return lambda seconds: new_deployment(redis_url=redis.url(), PARLOUR_DRAIN=str(seconds)).start_server(request.param)


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
    assert "ERROR" not in server.process.tail()


def test_the_only_process_ends_at_once(new_deployment: Callable[..., Deployment]) -> None:
    server = new_deployment(PARLOUR_DRAIN="60").start_server("uvicorn")
    room = RoomSocket(HttpClient(server.url).be_guest("Ada"), "lobby").hello()
    assert server.stop() < 8
    assert room.closed() == 1012


def test_ctrl_c_ends_a_server_at_once(start: Start) -> None:
    server = start(60)
    room = RoomSocket(HttpClient(server.url).be_guest("Ada"), "lobby").hello()
    assert server.process.end(signal.SIGINT) < 8
    assert room.closed() == 1012


def test_a_rolling_restart_behind_nginx_fails_no_request_and_shows_no_banner(
    new_deployment: Callable[..., Deployment],
    redis: Redis,
    person: Callable[..., Person],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not installed():
        pytest.skip("nginx and openssl are not installed here")
    behind = {"HTTPS": "1", "ALLOWED_HOSTS": "localhost,127.0.0.1", "PARLOUR_DRAIN": "5"}
    deployment = new_deployment(postgres=True, redis_url=redis.url(), **behind)
    servers = [deployment.start_server(kind) for kind in ("uvicorn", "daphne")]
    nginx = Nginx(tmp_path / "nginx", deployment.var / "static", *servers)
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
    nginx.start()
    clients = [HttpClient(nginx.url).be_guest(f"poster {number}") for number in range(3)]
    tabs = [person(nginx, ignore_https_errors=True).be_guest(name) for name in ("Ada", "Bo", "Cem", "Dee")]
    restarted, said = threading.Event(), []

    def restart() -> None:
        try:
            for server in servers:
                assert server.stop() < 20
                server.start()
                pause(3)
        finally:
            restarted.set()

    with ThreadPoolExecutor(4) as threads:
        posts = [threads.submit(_post, client, restarted) for client in clients]
        restart_both = threads.submit(restart)
        while not restarted.is_set():
            for tab in tabs:
                said.append(f"turn {len(said)}")
                tab.say(said[-1])
                assert not any(each.banner.is_visible() for each in tabs)
        restart_both.result()
        said += [text for each in posts for text in each.result()]
    nginx.stop()
    stored = [text for (text,) in deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
    assert sorted(stored) == sorted(said)
    for tab in tabs:
        tab.sees_in_order(stored)
        assert not [line for line in tab.requests if "/panel/" in line]


def _post(client: HttpClient, until: threading.Event) -> list[str]:
    """Load the room and post to it by its form, until then; what was stored."""
    forms = client.get("/rooms/lobby/").page.find("form")
    path = next(each for form in forms if (each := form.attrs.get("action", "")).endswith("/messages/"))
    stored = []
    while not until.wait(0.2):  # as fast as they can, they would leave the browser nothing
        stored.append(f"{client.url} {len(stored)} {id(client)}")
        answer = client.post(path, {"text": stored[-1], "page": "", "acked": "0"})
        assert answer.status == 302, f"{answer.status} {answer.text[:300]}"
        page = client.get("/rooms/lobby/")
        assert page.status == 200, f"{page.status} {page.text[:300]}"
    return stored


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
