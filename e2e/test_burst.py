"""Many at once: nobody misses one, nobody waits for another."""

import re
import statistics
import threading
import time
from collections.abc import Callable

import pytest

from .support import writers
from .support.houses import House
from .support.processes import Process
from .support.redis import Redis
from .support.visitors import Visitor
from .support.waiting import eventually
from .support.wire import Room

pytestmark = pytest.mark.faults
UNBOUNDED = {"PARLOUR_SAY_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}
IN_LOBBY = """
SELECT m.seq, m.text FROM rooms_message m JOIN rooms_room r ON r.id = m.room_id
WHERE r.slug = 'lobby' ORDER BY m.seq
"""
Furnish = Callable[..., House]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_thousand_messages_reach_twenty_sockets_in_order(new_house: Furnish, kind: str) -> None:
    house = new_house(**UNBOUNDED)
    server = house.open(kind)
    reader, writer = Visitor(server.url).sign_in("other"), Visitor(server.url).sign_in("member")
    readers = [Room(reader, "lobby").hello() for _ in range(20)]
    crew = [Room(writer, "lobby").hello() for _ in range(10)]
    listening = _listen(readers, lambda room: len(_bursts(room)) >= 1000)
    for number in range(100):
        for each, room in enumerate(crew):
            room.send(
                kind="say",
                text=f"burst {number:03}-{each}",
                page=room.fields("sent")["page"],
                acked=str(number),
            )
    listening()
    rows = house.rows("SELECT text FROM rooms_message WHERE text LIKE %s ORDER BY seq", "burst %")
    stored = [text for (text,) in rows]
    assert len(set(stored)) == 1000
    for room in readers:
        assert _bursts(room) == stored


@pytest.fixture
def postgres_house(new_house: Furnish, redis: Redis) -> House:
    house = new_house(postgres=True, redis_url=redis.url(), **UNBOUNDED)
    house.open("uvicorn")
    return house


def test_sixteen_writers_and_their_rollbacks_hide_nothing(postgres_house: House) -> None:
    url = postgres_house.servers[0].url
    reader = Visitor(url).sign_in("other")
    readers = [Room(reader, "lobby").hello() for _ in range(4)]
    program = postgres_house.command(writers.ROLLBACKS)
    listening = _listen(readers, lambda _: not program.alive)
    returning = _return_again_and_again(Room(reader, "lobby").hello(), program)
    _finished(program, within=120)
    listening()
    rows = postgres_house.rows(IN_LOBBY)
    kept = [text for _, text in rows if not text.startswith("lost")]
    assert len(kept) == len(rows) > 1800
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1)), "the order has holes"
    for room in [*readers, returning]:
        room.read(20, until=lambda room: room.texts[-1:] == kept[-1:])
        shown = [text for text in room.texts if text.startswith("kept")]
        assert shown == kept[-len(shown) :]
    assert "deadlocks 0" in program.tail()
    assert int(program.tail().rpartition(" ")[2]) > 50, "hardly anything was rolled back"


def test_two_rooms_in_opposite_orders_never_lock_each_other_out(postgres_house: House) -> None:
    program = postgres_house.command(writers.CROSSWISE)
    _finished(program, within=90)
    count = "SELECT count(*) FROM rooms_message WHERE text LIKE %s"
    assert postgres_house.rows(count, "crosswise %") == [(1600,)]
    assert "deadlocks 0" in program.tail()
    assert postgres_house.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


def test_a_slow_view_delays_nobody_else(postgres_house: House) -> None:
    url = postgres_house.servers[0].url
    room = Room(Visitor(url).sign_in("other"), "lobby").hello()
    program = postgres_house.command(writers.SLOW)
    eventually(lambda: "written" in program.tail(), 20)
    times = _round_trips(room, 20)
    assert "committed" not in program.tail(), "the view was not slow enough to prove anything"
    assert max(times) < 1
    _finished(program, within=20)
    room.waits_for("written by a slow view")


def test_a_command_in_a_loop_leaves_a_sqlite_house_quick(new_house: Furnish) -> None:
    house = new_house(**UNBOUNDED)
    room = Room(Visitor(house.open("daphne").url).sign_in("other"), "lobby").hello()
    program = house.command(writers.LOOP)
    eventually(lambda: house.rows("SELECT count(*) FROM rooms_message WHERE text LIKE %s", "loop %") > [(10,)], 20)
    times = _round_trips(room, 40)
    assert program.alive, "the command ended before it could be in the way"
    _finished(program, within=30)
    assert statistics.quantiles(times, n=20)[-1] < 0.5
    posted = house.rows("SELECT count(*) FROM rooms_message WHERE text LIKE %s", "loop %")[0][0]
    assert posted / 6 > 100, f"the command managed {posted / 6:.0f} posts a second"
    assert "locked" not in program.tail() + house.servers[0].process.tail(500)


def _round_trips(room: Room, many: int) -> list[float]:
    """Seconds from each of `many` texts to its appearance on the speaker's own page."""
    times = []
    for number in range(many):
        started = time.monotonic()
        room.say(f"meanwhile {number}")
        room.waits_for(f"meanwhile {number}", within=15)
        times.append(time.monotonic() - started)
    return times


def _listen(rooms: list[Room], enough: Callable[[Room], bool]) -> Callable[[], None]:
    """Read on all sockets at once; call what is returned to wait until each has heard enough."""
    crew = [threading.Thread(target=room.read, args=(120, enough)) for room in rooms]
    for each in crew:
        each.start()

    def heard() -> None:
        for each in crew:
            each.join()

    return heard


def _bursts(room: Room) -> list[str]:
    return re.findall(r">(burst \d+-\d)<", "".join(room.frames))


def _return_again_and_again(room: Room, program: Process) -> Room:
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
