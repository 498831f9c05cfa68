"""Many at once: nobody misses one, nobody waits for another."""

import re
import threading
from collections.abc import Callable

import pytest

from .support import background_scripts
from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.processes import Process
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.waiting import eventually

pytestmark = pytest.mark.faults
UNBOUNDED = {"ROOMS_POST_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}
IN_LOBBY = """
SELECT m.seq, m.text FROM parlour_rooms_message m JOIN parlour_rooms_room r ON r.id = m.room_id
WHERE r.slug = 'lobby' ORDER BY m.seq
"""
Deploy = Callable[..., Deployment]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_thousand_messages_reach_twenty_sockets_in_order(new_deployment: Deploy, kind: str) -> None:
    deployment = new_deployment(**UNBOUNDED)
    server = deployment.start_server(kind)
    reader, writer = HttpClient(server.url).sign_in("other"), HttpClient(server.url).sign_in("member")
    readers = [RoomSocket(reader, "lobby").hello() for _ in range(20)]
    rooms = [RoomSocket(writer, "lobby").hello() for _ in range(10)]
    listening = _listen(readers, lambda room: len(_bursts(room)) >= 1000)
    for number in range(100):
        for each, room in enumerate(rooms):
            room.send(
                kind="say",
                text=f"burst {number:03}-{each}",
                page=room.fields("sent")["page"],
                acked=str(number),
            )
    listening()
    rows = deployment.rows("SELECT text FROM parlour_rooms_message WHERE text LIKE %s ORDER BY seq", "burst %")
    stored = [text for (text,) in rows]
    assert len(set(stored)) == 1000
    for room in readers:
        assert _bursts(room) == stored


@pytest.fixture
def postgres_deployment(new_deployment: Deploy, redis: Redis) -> Deployment:
    deployment = new_deployment(postgres=True, redis_url=redis.url(), **UNBOUNDED)
    deployment.start_server("uvicorn")
    return deployment


def test_sixteen_writers_and_their_rollbacks_hide_nothing(postgres_deployment: Deployment) -> None:
    url = postgres_deployment.servers[0].url
    reader = HttpClient(url).sign_in("other")
    readers = [RoomSocket(reader, "lobby").hello() for _ in range(4)]
    program = postgres_deployment.command(background_scripts.ROLLBACKS)
    listening = _listen(readers, lambda _: not program.alive)
    returning = _return_again_and_again(RoomSocket(reader, "lobby").hello(), program)
    _finished(program, within=120)
    listening()
    rows = postgres_deployment.rows(IN_LOBBY)
    kept = [text for _, text in rows if not text.startswith("lost")]
    assert len(kept) == len(rows) > 1800
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1)), "the order has holes"
    for room in [*readers, returning]:
        room.read(20, until=lambda room: room.texts[-1:] == kept[-1:])
        shown = [text for text in room.texts if text.startswith("kept")]
        assert shown == kept[-len(shown) :]
    assert "deadlocks 0" in program.tail()
    assert int(program.tail().rpartition(" ")[2]) > 50, "hardly anything was rolled back"


def test_two_rooms_in_opposite_orders_never_lock_each_other_out(postgres_deployment: Deployment) -> None:
    program = postgres_deployment.command(background_scripts.CROSSWISE)
    _finished(program, within=90)
    count = "SELECT count(*) FROM parlour_rooms_message WHERE text LIKE %s"
    assert postgres_deployment.rows(count, "crosswise %") == [(1600,)]
    assert "deadlocks 0" in program.tail()
    assert postgres_deployment.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [
        (0,)
    ]


def _listen(rooms: list[RoomSocket], enough: Callable[[RoomSocket], bool]) -> Callable[[], None]:
    """Read on all sockets at once; call what is returned to wait until each has heard enough."""
    threads = [threading.Thread(target=room.read, args=(120, enough)) for room in rooms]
    for each in threads:
        each.start()

    def heard() -> None:
        for each in threads:
            each.join()

    return heard


def _bursts(room: RoomSocket) -> list[str]:
    return re.findall(r">(burst \d+-\d)<", "".join(room.frames))


def _return_again_and_again(room: RoomSocket, program: Process) -> RoomSocket:
    """Leave and come back with the page's cursor until the program ends."""
    while program.alive:
        room.socket.close()
        room.socket = room.dial()
        seen = len(room.frames)
        room.send(**{**room.fields("resume"), **room.fields("sent")})
        room.read(until=lambda room, seen=seen: len(room.frames) > seen + 2)
    return room


def _finished(program: Process, within: float) -> None:
    eventually(lambda: not program.alive, within, "the program's end")
    assert "Traceback" not in program.tail(200), program.tail(200)
