"""Answers on both servers: clients that read slowly, or leave, cost neither threads nor memory."""

import socket
import time
from contextlib import ExitStack
from http.client import HTTPResponse

import pytest

from e2e.support.http_client import HttpClient
from tests.http_bridge.test_uploads import builder, kept, server, until  # noqa: F401

MIB = 1024**2


@pytest.fixture
def ask(server):  # noqa: F811
    """ask(path) asks for a page on a line of its own and reads nothing yet."""
    with ExitStack() as lines:

        def ask(path):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lines.enter_context(line).settimeout(20)
            line.connect(("127.0.0.1", server.port))
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
            return line

        yield ask


def answers_at_once(server):  # noqa: F811
    started = time.monotonic()
    assert HttpClient(server.url).get("/healthz").status == 200
    return time.monotonic() - started < 1


def test_long_answers_that_nobody_reads_cost_little_memory_and_arrive_whole(server, ask):  # noqa: F811
    before = server.process.most_memory()
    lines = [ask("/long/") for _ in range(8)]
    until(lambda: kept(server) >= 8 * 24 * MIB, 20)
    assert all(answers_at_once(server) for _ in range(50))
    assert kept(server) >= 8 * 24 * MIB, "somebody took what nobody reads"
    cost = server.process.most_memory() - before
    assert cost < 30, f"{cost:.1f} MiB"
    answer = HTTPResponse(lines[0])
    answer.begin()
    assert answer.read() == b"".join(b"%07d\n" % number * 1024 for number in range(24 * 128))
    for line in lines:
        line.close()
    until(lambda: kept(server) == 0)


def test_what_is_made_for_a_client_that_left_is_made_no_longer(server, ask):  # noqa: F811
    lines = [ask("/slow/") for _ in range(10)]
    until(lambda: kept(server) > 20 * MIB, 20)
    for line in lines:
        line.close()
    until(lambda: kept(server) == 0)
    assert answers_at_once(server)


def test_pages_that_nobody_reads_hold_no_thread(server, ask):  # noqa: F811
    for _ in range(12):
        ask("/plain/")
    assert answers_at_once(server)
