"""What strangers can send without end: on both servers it is ended, costs little memory and delays nobody beside it.

Each attack is bounded in connections and seconds, goes to 127.0.0.1 alone, and runs while a bystander in another room
says something again and again and hears it.
"""

import json
import math
import resource
import statistics
import time
from collections.abc import Callable

import pytest

from .support.attacker import Attack, begin, frame, handshake
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
CONTINUED, TEXT, PING, PONG = 0, 1, 9, 10
GET = b"GET /rooms/team/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


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
def somebody(server: Server) -> "Bystander":
    return Bystander(server)


@pytest.fixture
def bystander(somebody: "Bystander", record_property: Callable[[str, object], None]) -> "Bystander":
    """The same one for all attacks on a server; what is measured beside an attack is noted with its test."""
    somebody.record = record_property
    return somebody


@pytest.fixture(scope="module")
def attacker(server: Server) -> HttpClient:
    return HttpClient(server.url).sign_in("other")


class Bystander:
    """Somebody in a room where nothing is going on, who says something and waits until it stands there."""

    record: Callable[[str, object], None]

    def __init__(self, server: Server) -> None:
        self.server = server
        self.room = RoomSocket(HttpClient(server.url).sign_in("member"), "team").hello()
        for _ in range(20):
            self.says()

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

    def beside(self, attack: Attack, newcomer: "Newcomer | None" = None) -> tuple[list[float], float, float]:
        """What the attack came to: how long its connections lasted, the median beside it, MiB of memory."""
        self.usual = statistics.median(self.says() for _ in range(15))  # as busy as the machine is now
        before = self.server.process.most_memory()
        result, heard = begin(self.server.port, attack), []
        while not result.ready() or len(heard) < 40:
            heard.append(self.says())
            if newcomer and not result.ready():
                newcomer.comes()
        lasted, median = result.get(), statistics.median(heard)
        cost = self.server.process.most_memory() - before
        if ended := list(filter(math.isfinite, lasted)):
            self.record("ended within {:.2f} s", max(ended))
        self.record("a bystander's median {:.1f} times the quiet one", median / self.usual)
        self.record("{:+.1f} MiB", cost)
        if newcomer:
            self.record("a newcomer's page within {:.2f} s", max(newcomer.waited))
        return lasted, median, cost


class Newcomer:
    """People who come for a page, one after another."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.waited: list[float] = []

    def comes(self) -> None:
        started = time.monotonic()
        assert HttpClient(self.server.url).get("/rooms/lobby/").status == 200
        self.waited.append(time.monotonic() - started)


def text(**fields: object) -> bytes:
    return frame(TEXT, json.dumps(fields).encode())


UNENDING = {  # what comes first, and what comes after it again and again
    "pings": (b"", frame(PING) * 2000),
    "pings of 125 bytes": (b"", frame(PING, b"x" * 125) * 500),
    "pongs": (b"", frame(PONG, b"x") * 2000),
    "empty fragments": (frame(TEXT, fin=False), frame(CONTINUED, fin=False) * 2000),
    "pings inside a message": (frame(TEXT, b"{", fin=False), frame(PING) * 2000),
    "texts": (text(kind="hello"), text(kind="typing") * 500),
    "long texts": (b"", text(kind="typing", text="x" * 1_000_000)),
    "texts that are not understood": (b"", frame(TEXT, b"{") * 2000),
}
UNFINISHED = {
    "1 MiB of a frame": frame(TEXT, b"x" * (2**20 - 1), claims=2**20),
    "1 MiB of a message": frame(TEXT, b"x" * 2**19, fin=False) + frame(CONTINUED, b"x" * (2**19 - 1), fin=False),
}
HALF = {  # what comes first, what comes after it twice a second, and for how many seconds it is watched
    "half heads": (GET + b"X-Filling: " + b"x" * 8000, b"", 4),
    "half heads that go on": (GET + b"X-Filling: ", b"x", 13),
    "nothing at all": (b"", b"", 4),
}


@pytest.mark.parametrize("kind", UNENDING)
def test_frames_without_end_end_their_socket(
    server: Server, bystander: Bystander, attacker: HttpClient, kind: str
) -> None:
    opening, more = UNENDING[kind]
    attack = Attack(opening, more, handshake=handshake(attacker, "/ws/rooms/lobby/"))
    lasted, median, _ = bystander.beside(attack)
    assert max(lasted) < ENDED_WITHIN
    assert median < max(3 * bystander.usual, NOTICED)


@pytest.mark.parametrize("kind", UNFINISHED)
def test_messages_that_are_not_ended_take_little_memory_and_end_their_sockets(
    server: Server, bystander: Bystander, kind: str
) -> None:
    attack = Attack(UNFINISHED[kind], sockets=150, handshake=handshake(HttpClient(server.url), "/ws/rooms/lobby/"))
    lasted, median, cost = bystander.beside(attack)
    ended = [each for each in lasted if each < ENDED_WITHIN]
    assert len(ended) >= 140, "those that hold what all may hold together have ten seconds"
    assert median < max(3 * bystander.usual, NOTICED)
    assert cost < MAY_COST


def test_a_small_message_that_is_not_ended_has_ten_seconds(server: Server, bystander: Bystander) -> None:
    small = frame(TEXT, b"x" * 10_000, claims=1_000_000)
    attack = Attack(small, sockets=150, seconds=12, handshake=handshake(HttpClient(server.url), "/ws/rooms/lobby/"))
    lasted, median, cost = bystander.beside(attack)
    assert min(lasted) > 8
    assert max(lasted) < 12
    assert median < max(3 * bystander.usual, NOTICED)
    assert cost < MAY_COST


def test_one_person_who_says_much_from_many_tabs_is_ended_in_all(
    server: Server, bystander: Bystander, attacker: HttpClient
) -> None:
    looks = text(kind="look") + text(kind="seen", upto="1")
    shake = handshake(attacker, "/ws/alerts/")
    every = 1 / 40  # the last of them alone is more than a person may send, else it would rightly stay
    attack = Attack(text(kind="hello"), looks, sockets=30, handshake=shake, every=every, heeds_close=True)
    lasted, median, _ = bystander.beside(attack)
    assert max(lasted) < ENDED_WITHIN
    assert median < max(3 * bystander.usual, NOTICED)


def test_requests_that_do_not_wait_for_their_answers_are_not_read(server: Server, bystander: Bystander) -> None:
    newcomer = Newcomer(server)
    attack = Attack(b"", (GET + b"\r\n") * 5000, sockets=1, seconds=4)
    _, _, cost = bystander.beside(attack, newcomer)
    assert cost < MAY_COST
    assert max(newcomer.waited) < NEWCOMER_WITHIN


@pytest.mark.parametrize("kind", HALF)
def test_connections_without_a_request_are_closed_and_let_newcomers_in(
    server: Server, bystander: Bystander, kind: str
) -> None:
    opening, more, seconds = HALF[kind]
    attack = Attack(opening, more, sockets=1100, seconds=seconds, every=0.5)
    newcomer = Newcomer(server)
    lasted, _, cost = bystander.beside(attack, newcomer)
    assert max(newcomer.waited) < NEWCOMER_WITHIN
    assert cost < MAY_COST
    if seconds > 10:
        assert sum(map(math.isfinite, lasted)) > 1000, "a head has ten seconds, and two while there are many"
