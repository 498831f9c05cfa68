"""What holds on both servers, seen from the other end of real sockets."""

import contextlib
import re
import time
from threading import Thread
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed

from e2e.support.attacker import frame
from e2e.support.waiting import eventually
from tests.contrib.server_process import ServerProcess, end_of


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """build("daphne", NAME="value") starts a server."""
    servers, folder = [], tmp_path_factory.mktemp("servers")

    def start(kind, **surroundings):
        servers.append(ServerProcess(kind, folder / f"log{len(servers)}", **surroundings))
        return servers[-1]

    yield start
    for each in servers:
        each.process.kill()


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def running(request, build):
    return build(request.param)


@pytest.fixture
def server(running):
    """A server that all these tests share, until the last one ends it."""
    running.begin()
    return running


def test_a_page_is_told_why_it_is_closed(server):
    assert " is off" not in server.path.read_text()
    for code in (1001, 1008, 1011, 1012, 1013, 4001, 4029):
        with server.page(f"close/{code}") as page:
            assert page.recv(timeout=20) == "why"
            assert end_of(page) == code
    server.reads("close ended", times=7)
    assert "close raised" not in server.log().replace("close raised OSError", "")


def test_a_message_of_more_than_a_mebibyte_is_closed_with_1009(server):
    with server.page("echo/") as page:
        page.send("y" * 2**20)
        assert len(page.recv(timeout=20)) == 2**20
        page.send("y" * (2**20 + 1))
        assert end_of(page) == 1009
    server.reads("echo ended")


def test_pings_pongs_and_fragments_without_end_are_closed_with_1008_and_a_few_are_not(server):
    few, endless = [b"x"] * 100, [b""] * 1000
    with server.page("echo/") as page:
        page.send(few, text=True)
        for _ in few:
            page.pong()
        assert page.recv(timeout=20) == "x" * 100
    for send in (lambda page: page.ping(), lambda page: page.pong(), lambda page: page.send(endless, text=True)):
        with server.page("echo/") as page:
            with contextlib.suppress(ConnectionClosed):
                for _ in endless:
                    send(page)
            assert end_of(page) in (1008, None)  # what was still on its way may overtake the code
    server.reads("echo left", times=3)


def test_a_message_that_is_not_ended_in_time_ends_its_socket(server):
    with server.page("echo/") as page:
        page.socket.sendall(frame(1, b"half a message", fin=False))
        assert end_of(page, 10) == 1013
    server.reads("echo ended")


@pytest.mark.parametrize("text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"ok\xf5"])
def test_a_text_that_is_not_utf_8_ends_its_socket_and_leaves_no_traceback(server, text):
    with server.page("echo/") as page:
        page.send(text, text=True)
        assert end_of(page) in (1007, None)  # autobahn drops the connection
    with server.stalled("echo/") as page:
        page.recv(4096)
        page.sendall(frame(1, text) + frame(8))
        with contextlib.suppress(ConnectionResetError):
            while page.recv(4096):
                pass
    server.reads("echo ended", times=2)
    assert "Traceback" not in server.path.read_text()


def test_pushing_to_a_page_that_left_ends_quietly(server):
    with server.page("push/") as page:
        page.recv(timeout=20)
    server.reads("push ended")
    assert "push raised" not in server.log().replace("push raised OSError", "")


def test_a_flood_waits_outside_and_arrives_in_order(server):
    before = server.memory()
    with server.page("behind/800") as page:
        flood = Thread(target=lambda: [page.send(f"{number:08}" + "x" * 65528) for number in range(800)])
        flood.start()
        flood.join(0.5)
        assert flood.is_alive(), "the server took all 50 MiB"
        assert server.memory() - before < 6
        urlopen(f"http://127.0.0.1:{server.port}/").close()
        assert page.recv(timeout=20) == "800 in order"
        flood.join(20)
    assert server.memory() - before < 12


def test_uvicorn_lets_go_of_a_handshake_once_it_is_accepted_and_of_a_text_that_was_heard(server):
    with server.page("scope/") as page:
        page.send("heard")
        server.reads("held 0 handshakes and 0 texts")
    server.reads("scope ended")
    assert ("kept client path type" in server.log()) == (server.kind == "uvicorn")


@pytest.mark.faults
def test_a_page_that_stopped_reading_costs_little_and_leaves_soon(server):
    with server.stalled("fill/"), server.stalled("fill/abort"), server.stalled("echo/"):  # a ping finds the last one
        server.reads("backlog", times=2)
        assert all(0 < int(size) < 2**20 for size in re.findall(r"backlog (\d+)", server.log()))
        server.reads("fill left", times=2)
        server.reads("echo left")
    server.reads("fill ended", times=2)


def test_sigterm_closes_sockets_and_waits_for_nobody_long(server):
    with server.stalled("fill/"), server.stalled("stuck/"), server.page("echo/") as page:
        server.reads("backlog")
        with server.page("close/4001") as left:
            end_of(left)
        server.terminate()
        assert end_of(page) == 1012
        eventually(lambda: not server.process.alive, 15, "it ends")
    log = server.log()
    assert [act for act in ("fill", "stuck", "echo", "close") if f"{act} ended" not in log] == []
    assert "echo left 1012" in log
    assert "KeyError" not in log


@pytest.mark.faults
def test_a_late_answer_to_a_ping_costs_daphne_no_page(build):
    """Two seconds after a ping daphne would send the next, and nothing could stop the timer of the first."""
    server = build("daphne")
    with server.stalled("echo/") as page:
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
    server.reads("echo ended")


@pytest.mark.faults
def test_without_the_patches_the_servers_are_as_we_found_them(build):
    """When this fails a server has learnt something: look whether its patch can go."""
    bare = build("daphne", BARE="1")
    with bare.page("close/1012") as page, pytest.raises(TimeoutError):
        end_of(page, 1)
    bare.reads("invalid close code 1012")
    ends_no_pongs(bare)
    bare = build("uvicorn", BARE="1")
    ends_no_pongs(bare)
    with bare.stalled("fill/"):
        bare.reads("backlog")
        with pytest.raises(AssertionError, match="fill left in"):
            bare.reads("fill left", seconds=4)


def ends_no_pongs(server):
    with server.page("echo/") as page:
        for _ in range(1000):
            page.pong()
        page.send("still here")
        assert page.recv(timeout=20) == "still here"
