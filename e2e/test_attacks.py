"""What strangers can send without end: on both servers it is ended, costs little memory and delays nobody beside it.

Each attack is bounded in connections and seconds, goes to 127.0.0.1 alone, and runs while a bystander in another room
says something again and again and hears it. The figures are printed at the end.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from .support.attacker import Attack, begin, frame
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import pause

pytestmark = pytest.mark.faults
MAY_COST = 20.0  # MiB
ENDED_WITHIN, NEWCOMER_WITHIN = 2.0, 2.0  # seconds
NOTICED = 0.050  # seconds: a median below this is the machine's, not the attacker's
USUAL_FILES = 1024  # a shell's soft limit of open files
TEXT, PING, PONG = 1, 9, 10
GET = b"GET /rooms/team/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
figures: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def table(pytestconfig: pytest.Config) -> Iterator[None]:
    """Print the figures once all is over."""
    figures.clear()
    yield
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("", *figures, sep="\n")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, module_deployment: Callable[..., Deployment]) -> Server:
    """A server started from a shell with the usual number of open files."""
    deployment = module_deployment(ROOMS_POST_RATE="100000/100000")
    ours = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_FILES, ours[1]))
    try:
        return deployment.start_server(request.param)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, ours)


@pytest.fixture(scope="module")
def bystander(server: Server) -> "Bystander":
    return Bystander(server)


@pytest.fixture(scope="module")
def attacker(server: Server) -> HttpClient:
    return HttpClient(server.url).sign_in("other")


class Bystander:
    """Somebody in a room where nothing is going on, who says something and waits until it stands there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.room = RoomSocket(HttpClient(server.url).sign_in("member"), "team").hello()
        self.usual = statistics.median(self.says() for _ in range(40))

    def says(self) -> float:
        """The seconds until it is there."""
        started = time.monotonic()
        mark = f"said-{time.monotonic_ns()}"
        self.room.frames.clear()
        self.room.send(message=mark)
        self.room.hears(mark)
        took = time.monotonic() - started
        pause(0.02)
        return took

    def beside(self, name: str, attack: Attack) -> tuple[list[float], float, float]:
        """What the attack came to: how long its connections lasted, the median beside it, MiB of memory."""
        before = self.server.process.most_memory()
        result, heard = begin(self.server.port, attack), []
        while not result.ready() or len(heard) < 40:
            heard.append(self.says())
        lasted, median = result.get(), statistics.median(heard)
        cost = self.server.process.most_memory() - before
        figures.append(
            f"{self.server.kind:8} {name:32} {len(lasted):5} ended after at most {max(lasted, default=0):6.2f} s,"
            f" median {median * 1000:6.1f} ms (quiet {self.usual * 1000:.1f}), longest {max(heard) * 1000:6.0f} ms,"
            f" +{cost:.1f} MiB"
        )
        return lasted, median, cost


def handshake(client: HttpClient, path: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: {client.url[7:]}\r\nOrigin: {client.url}\r\nCookie: {client.cookies}\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    return f"{head}Connection: Upgrade\r\nUpgrade: websocket\r\n{key}".encode()


def text(**fields: object) -> bytes:
    return frame(TEXT, json.dumps(fields).encode())


UNENDING = {
    "pings": frame(PING) * 2000,
    "pings of 125 bytes": frame(PING, b"x" * 125) * 500,
    "pongs": frame(PONG, b"x") * 2000,
    "empty fragments": frame(TEXT, fin=False) + frame(0, fin=False) * 2000,
    "pings inside a message": frame(TEXT, b"{", fin=False) + frame(PING) * 2000,
    "texts": text(kind="typing") * 500,
    "long texts": text(kind="typing", text="x" * 1_000_000),
    "no texts at all": frame(TEXT, b"{") * 2000,
}


@pytest.mark.parametrize("kind", UNENDING)
def test_frames_without_end_end_their_socket(
    server: Server, bystander: Bystander, attacker: HttpClient, kind: str
) -> None:
    pieces = UNENDING[kind]
    attack = Attack(pieces, pieces, seconds=4, handshake=handshake(attacker, "/ws/rooms/lobby/"), comes_back=False)
    lasted, median, _ = bystander.beside(kind, attack)
    assert max(lasted) < ENDED_WITHIN
    assert median < max(3 * bystander.usual, NOTICED)
