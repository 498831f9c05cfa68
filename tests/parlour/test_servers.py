"""What holds on both servers, seen from the other end of real sockets."""

import contextlib
import re
import time
from threading import Thread
from urllib.request import urlopen

import pytest

from parlour.servers import uvicorn
from tests.parlour.servers_house import House, end_of

both = pytest.mark.parametrize("kind", ["daphne", "uvicorn"])


@pytest.fixture
def build(tmp_path):
    houses = []

    def house(kind, **surroundings):
        houses.append(House(kind, tmp_path / f"diary{len(houses)}", **surroundings))
        return houses[-1]

    yield house
    for each in houses:
        each.process.kill()
        each.process.wait()


@both
def test_a_page_is_told_why_it_is_closed(build, kind):
    house = build(kind)
    for code in (1001, 1008, 1011, 1012, 1013, 4001, 4029):
        with house.page(f"close/{code}") as page:
            assert page.recv(timeout=5) == "why"
            assert end_of(page) == code
    house.reads("close ended", times=7)
    assert " is off" not in house.diary()
    assert "close raised" not in house.diary().replace("close raised OSError", "")


@both
def test_a_message_of_more_than_a_mebibyte_is_closed_with_1009(build, kind):
    house = build(kind)
    with house.page("echo/") as page:
        page.send("y" * 2**20)
        assert len(page.recv(timeout=5)) == 2**20
        page.send("y" * (2**20 + 1))
        assert end_of(page) == 1009
    house.reads("echo ended")


@both
def test_pushing_to_a_page_that_left_ends_quietly(build, kind):
    house = build(kind)
    with house.page("push/") as page:
        page.recv(timeout=5)
    house.reads("push ended")
    assert "push raised" not in house.diary().replace("push raised OSError", "")


@both
def test_a_flood_waits_outside_and_arrives_in_order(build, kind):
    house = build(kind)
    before = house.memory()
    with house.page("behind/800") as page:
        flood = Thread(target=lambda: [page.send(f"{number:08}" + "x" * 65528) for number in range(800)])
        flood.start()
        flood.join(1)
        assert flood.is_alive(), "the server took all 50 MiB"
        assert house.memory() - before < 6
        urlopen(f"http://127.0.0.1:{house.port}/").close()
        assert page.recv(timeout=20) == "800 in order"
        flood.join(5)
    assert house.memory() - before < 12


@both
def test_a_page_that_stopped_reading_costs_little_and_leaves_soon(build, kind):
    house = build(kind)
    with house.deaf("fill/"), house.deaf("fill/abort"):
        house.reads("backlog", times=2)
        assert all(0 < int(size) < 2**20 for size in re.findall(r"backlog (\d+)", house.diary()))
        house.reads("fill left", times=2)
    house.reads("fill ended", times=2)


@both
def test_sigterm_says_goodbye_and_waits_for_nobody_long(build, kind):
    house = build(kind)
    with house.deaf("fill/"), house.deaf("stuck/"), house.page("echo/") as page:
        house.reads("backlog")
        with house.page("close/4001") as left:
            end_of(left)
        house.terminate()
        assert end_of(page) == 1012
        house.ended(8)
    diary = house.diary()
    assert [act for act in ("fill", "stuck", "echo", "close") if f"{act} ended" not in diary] == []
    assert "echo left 1012" in diary
    assert "KeyError" not in diary


def test_a_late_answer_to_a_ping_costs_daphne_no_page(build):
    """Two seconds after a ping daphne would send the next, and nothing could stop the timer of the first."""
    house = build("daphne")
    with house.deaf("echo/") as page:
        page.settimeout(10)
        while (ping := page.recv(4096))[0] != 0x89:
            pass
        time.sleep(2.2)  # the answer is late: that is the story
        page.sendall(bytes([0x8A, 0x80 | ping[1], 0, 0, 0, 0]) + ping[2:14])
        page.sendall(bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi")
        page.settimeout(2.2)
        received = b""
        with contextlib.suppress(TimeoutError):
            while piece := page.recv(4096):
                received += piece
            pytest.fail("daphne dropped a page that answers")
        assert b"hi" in received
    house.reads("echo ended")


@pytest.mark.parametrize(
    ("kind", "hidden", "off"),
    [
        (
            "daphne",
            "autobahn.websocket.protocol:WebSocketProtocol sendCloseFrame",
            "close_codes too_big farewell",
        ),
        ("uvicorn", f"{uvicorn.SOCKET} keepalive_timeout", "stalled_reader"),
    ],
    ids=["daphne", "uvicorn"],
)
def test_a_release_that_lacks_a_name_serves_without_the_part(build, kind, hidden, off):
    house = build(kind, HIDE=hidden)
    with house.page("echo/") as page:
        page.send("still here")
        assert page.recv(timeout=5) == "still here"
    assert re.findall(r"(\w+) is off: this release has no", house.diary()) == off.split()


def test_without_the_parts_the_servers_are_as_we_found_them(build):
    """When this fails a server has learnt something: look whether its part can go."""
    bare = build("daphne", BARE="1")
    with bare.page("close/1012") as page, pytest.raises(TimeoutError):
        end_of(page, 1)
    bare.reads("invalid close code 1012")
    bare = build("uvicorn", BARE="1")
    with bare.deaf("fill/"):
        bare.reads("backlog")
        with pytest.raises(AssertionError, match="not within"):
            bare.reads("fill left", seconds=4)
