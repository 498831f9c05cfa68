"""What a machine does to a site: its disk is full, its database restarts, a process dies, its clock jumps."""

import json
import re
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from statistics import linear_regression

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .support.attacker import frame, handshake
from .support.clock import Clock
from .support.deployments import Builder, Deployment
from .support.http_client import HttpClient
from .support.imports import csv_file, upload, wait_for_words
from .support.people import Person
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually, holds

Invite = Callable[..., Person]
Record = Callable[[str, object], None]
NewDeployment = Callable[..., Deployment]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
STORED = "SELECT text FROM parlour_rooms_message ORDER BY seq"
SOCKETS = 300
CYCLES, SAMPLES = 20_000, 10
FLAT = 4.0  # MiB that ten thousand visits may add, so 400 bytes each; the heap grows by steps
BACK_WITHIN = 2.0  # seconds after PostgreSQL answers


def test_postgresql_restarts_under_load_and_pages_are_back_within_two_seconds(
    cluster: Deployment, builder: Builder, record_property: Record
) -> None:
    talkers = [
        Talker(HttpClient(server.url).sign_in(name)) for server in cluster.servers for name in ("member", "other")
    ]
    readers = [HttpClient(server.url).sign_in("staff") for server in cluster.servers]
    assert builder.postgres
    for each in talkers:
        each.begin()
    eventually(lambda: all(len(each.said) > 10 for each in talkers), 30, "all talk")
    builder.postgres.process.end(signal.SIGINT)
    builder.postgres.start()
    back = time.monotonic()
    answers = [eventually(lambda reader=reader: _is_up(reader), 20, "a page") for reader in readers]
    seconds = max(answers) - back
    statuses = _load_pages(readers)
    before = [len(each.said) for each in talkers]
    eventually(lambda: all(len(each.said) > many + 10 for each, many in zip(talkers, before, strict=True)), 60, "talk")
    for each in talkers:
        each.end()
    record_property("pages after {:.1f} s", seconds)
    assert seconds <= BACK_WITHIN
    assert statuses == {200}
    stored = [text for (text,) in cluster.rows(STORED)]
    for each in talkers:
        assert [text for text in stored if text in each.said] == each.said
        each.room.waits_for(stored[-1])
        shown = [text for text in each.room.texts if text in stored]
        assert shown == stored[-len(shown) :]


def test_no_page_fails_once_postgresql_is_back_although_connections_to_it_were_kept(
    cluster: Deployment, builder: Builder
) -> None:
    readers = [HttpClient(server.url).sign_in("staff") for server in cluster.servers]
    assert _load_pages(readers) == {200}
    assert builder.postgres
    builder.postgres.process.end(signal.SIGINT)
    builder.postgres.start()
    assert _load_pages(readers) == {200}


def test_a_process_is_killed_with_three_hundred_sockets_and_another_takes_them(
    new_deployment: NewDeployment, redis: Redis, record_property: Record
) -> None:
    deployment = new_deployment(postgres=True, redis_url=redis.url(), PARLOUR_PERSON_SOCKETS="200")
    here, there = deployment.start_server("uvicorn"), deployment.start_server("uvicorn")
    people = [HttpClient(here.url).sign_in(name) for name in ("staff", "member", "other")]
    with ThreadPoolExecutor(4) as many:
        rooms = list(many.map(lambda who: RoomSocket(who, "lobby").hello(), [people[n % 3] for n in range(SOCKETS)]))
    talker = RoomSocket(people[0].at(there.url), "lobby").hello()
    texts = [f"line {n}" for n in range(30)]
    for text in texts[:10]:
        talker.say(text)
    here.kill()
    for text in texts[10:20]:
        talker.say(text)
    killed = time.monotonic()

    def come_back(room: RoomSocket) -> float:
        assert room.closed() == 1006
        room.client = room.client.at(there.url)
        room.come_back().waits_for(texts[19], within=30)
        return time.monotonic() - killed

    with ThreadPoolExecutor(32) as many:
        seconds = max(many.map(come_back, rooms))
    for text in texts[20:]:
        talker.say(text)
    for room in rooms:
        room.waits_for(texts[-1], within=20)
        assert [text for text in room.texts if text in texts] == texts
    assert [text for (text,) in deployment.rows(STORED)] == texts
    record_property("300 sockets had caught up after {:.1f} s", seconds)


def test_the_clock_of_one_machine_is_an_hour_off_and_nobody_notices(
    new_deployment: NewDeployment, redis: Redis, person: Invite, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    deployment = new_deployment(postgres=True, redis_url=redis.url())
    here = deployment.start_server("uvicorn")
    there = deployment.start_server("uvicorn", **clock.env)
    staff = person(here).sign_in("staff").open_room("lobby")
    other = person(there).sign_in("other").open_room("lobby")
    said: list[str] = []
    for hours in (1, -1, 0):
        clock.hours(hours)
        for tab in (staff, other):
            said.append(f"at {hours} o'clock, {len(said)}")
            tab.say(said[-1]).sees(said[-1])
        for tab in (staff, other):
            tab.sees_in_order(said).sees_people("other", "staff")
        holds(lambda: sorted(staff.people) == sorted(other.people) == ["other", "staff"], 8, "both are here")
    for tab in (staff, other):
        assert not tab.banner.is_visible()
        tab.equals_a_fresh_page()
    assert [text for (text,) in deployment.rows(STORED)] == said


def test_a_job_goes_on_while_the_clock_of_another_machine_is_an_hour_ahead(
    new_deployment: NewDeployment, person: Invite, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    deployment = new_deployment(postgres=True)
    here = deployment.start_server("uvicorn")
    staff = person(here).sign_in("staff")
    upload(staff, csv_file(5_000, bad=10_000))
    states = "SELECT state, attempt FROM parlour_jobs_job"
    with deployment.orders_held():
        clock.hours(1)
        deployment.start_server("uvicorn", **clock.env)
        holds(lambda: deployment.rows(states) == [("running", 1)], 12, "the run is believed to be alive")
    eventually(lambda: deployment.rows(states) == [("done", 1)], 60, "the import ends")
    wait_for_words(staff, "5,000")


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_an_authors_order_is_kept_while_the_disk_is_full(kind: str, new_deployment: NewDeployment) -> None:
    """The file that the database writes to may grow no further, so that short texts fit and a long one does not."""
    deployment = new_deployment(ROOMS_POST_RATE="1000/1000")
    server = deployment.start_server(kind)
    ann = RoomSocket(HttpClient(server.url).sign_in("member"), "lobby").hello()
    ann.say("before")
    ann.waits_for("before")
    texts = [f"{n} {'long ' * 700 if n % 3 == 0 else 'short'}".strip() for n in range(30)]
    journal = deployment.var / "parlour.sqlite3-wal"
    limit = resource.RLIMIT_FSIZE
    resource.prlimit(server.process.pid, limit, (journal.stat().st_size + 60_000, resource.RLIM_INFINITY))
    failed = 0
    for n, text in enumerate(texts):
        ann.say(text)
        if n % 5 == 4 and failed < 4:
            try:
                ann.waits_for(text, within=2)
            except AssertionError:
                failed += 1
                ann.come_back()
    resource.prlimit(server.process.pid, limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    ann.come_back()
    ann.waits_for(texts[-1])
    stored = [text for (text,) in deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
    assert [text for text in stored if text in texts] == texts
    assert failed, "the disk was never full"


def test_twenty_thousand_visits_leave_nothing_in_memory(new_deployment: NewDeployment, record_property: Record) -> None:
    """Half of the people say hello, some of them leave in the middle of it; the others only connect. Both servers."""
    with ThreadPoolExecutor(2) as both:
        slopes = both.map(_visits, [new_deployment().start_server(kind) for kind in ("daphne", "uvicorn")])
        worst = max(slopes)
    record_property("{:+.1f} MiB for ten thousand visits", worst)
    assert worst <= FLAT


def _visits(server: Server) -> float:
    """MiB that ten thousand further visits added, once there had been as many."""
    rooms = cycle([RoomSocket(HttpClient(server.url).sign_in(name), "lobby") for name in ("staff", "member", "other")])
    memory = []
    for _ in range(SAMPLES):
        with ThreadPoolExecutor(4) as many:
            list(many.map(_visit, [(n, next(rooms)) for n in range(CYCLES // SAMPLES)]))
        memory.append(_memory(server))
    return linear_regression(range(SAMPLES // 2), memory[SAMPLES // 2 :]).slope * 10_000 / (CYCLES / SAMPLES)


def _visit(visit: tuple[int, RoomSocket]) -> None:
    number, room = visit
    hello = json.dumps({**room.fields("resume"), **room.fields("sent")}).encode()
    port = int(room.client.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(handshake(room.client, "/ws/rooms/lobby/"))
        assert line.recv(4096).startswith(b"HTTP/1.1 101")
        if number % 2:
            line.sendall(frame(1, hello))
        if number % 4 == 1:
            assert line.recv(4096)


def _memory(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1]) / 1024


def _load_pages(readers: list[HttpClient]) -> set[int]:
    """The statuses of forty pages of each server, so many at a time that many connections to the database are used."""
    with ThreadPoolExecutor(20) as many:
        return set(many.map(lambda reader: reader.get("/rooms/lobby/").status, readers * 40))


def _is_up(reader: HttpClient) -> float:
    """When the page was there; 0 while it is not."""
    return time.monotonic() if reader.get("/rooms/lobby/").status == 200 else 0.0


class Talker:
    """Somebody whose page says something four times a second, comes back when its socket ends, and goes on."""

    numbers = iter(range(1_000_000))

    def __init__(self, client: HttpClient) -> None:
        self.room = RoomSocket(client, "lobby").hello()
        self.said: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._talk)

    def begin(self) -> None:
        self.thread.start()

    def end(self) -> None:
        """Say nothing more; returns when all is confirmed."""
        self.over.set()
        self.thread.join()
        assert not self.room.unconfirmed

    def _talk(self) -> None:
        while not self.over.wait(0.25):
            self.said.append(f"text {next(self.numbers)}")
            self.room.unconfirmed.append(self.said[-1])
            with suppress(ConnectionClosed):
                self.room.say()
            eventually(self._is_confirmed, 60, "the confirmation")

    def _is_confirmed(self) -> bool:
        try:
            self.room.read(5, until=lambda room: not room.unconfirmed)
        except AssertionError:
            with suppress(OSError, InvalidHandshake, ConnectionClosed):
                self.room.come_back()
        return not self.room.unconfirmed
