"""Bodies on both servers: memory, disk, and what other people notice."""

import hashlib
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient
from e2e.support.waiting import eventually

MIB = 1024**2
FIELD = '--line\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return Builder(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request, builder):
    """The site on this server; whatever is done to it, it logs no error."""
    site = builder.deploy(DJANGO_SETTINGS_MODULE="tests.http_bridge.fixture_settings")
    server = site.start_server(request.param)
    server.folder = site.var
    yield server
    lines = server.process.tail(1000)
    builder.shut_down(site)
    assert "ERROR" not in lines
    assert "Traceback" not in lines


@pytest.fixture
def member(server):
    return HttpClient(server.url).sign_in("member")


class Sender:
    """A form of `client` with a file of `size` random bytes, sent a piece at a time."""

    def __init__(self, client, path, size):
        content = random.randbytes(size)
        self.digest, self.sent = hashlib.sha256(content).hexdigest(), 0
        head = f"{FIELD.format('csrfmiddlewaretoken', '')}{client.cookie('csrftoken')}\r\n"
        head += FIELD.format("file", '; filename="orders.csv"')
        self.body = head.encode() + content + b"\r\n--line--\r\n"
        self.line = HTTPConnection(client.url.removeprefix("http://"), timeout=60)
        self.line.putrequest("POST", path)
        for name, value in {"Cookie": client.cookies, "Origin": client.url}.items():
            self.line.putheader(name, value)
        self.line.putheader("Content-Type", "multipart/form-data; boundary=line")
        self.line.putheader("Content-Length", len(self.body))
        self.line.endheaders()

    def send(self, upto):
        self.line.send(memoryview(self.body)[self.sent : upto])
        self.sent = upto
        return self

    def finish(self):
        """Send the rest and read the answer: (status, text)."""
        response = self.send(len(self.body)).line.getresponse()
        return response.status, response.read().decode()


def on_disk(server):
    """Bytes of open files without a name in the folder of the site."""
    size = 0
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(OSError):
            if (name := os.readlink(link)).startswith(str(server.folder)) and name.endswith("(deleted)"):
                size += link.stat().st_size
    return size


@pytest.mark.faults
def test_a_large_file_arrives_whole_costs_little_memory_and_its_copy_is_gone_after_the_answer(server, member):
    before = server.process.most_memory()
    sender = Sender(member, "/upload/", 40 * MIB).send(35 * MIB)
    eventually(lambda: on_disk(server) > 30 * MIB, 20)
    assert sender.finish() == (200, f"{40 * MIB} {sender.digest}")
    eventually(lambda: on_disk(server) == 0, 20)
    assert list((server.folder / "uploads").iterdir()) == []
    cost = server.process.most_memory() - before
    assert cost < 20, f"{cost:.1f} MiB"


def test_patient_senders_behind_one_address_hold_up_neither_pages_nor_uploads(server, member):
    senders = [Sender(member, "/upload/", 3 * MIB).send(2 * MIB) for _ in range(12)]
    started = time.monotonic()
    assert member.get("/").status == 200
    assert Sender(member, "/upload/", 2 * MIB).finish()[0] == 200
    assert time.monotonic() - started < 30
    with ThreadPoolExecutor(12) as threads:
        assert {status for status, _ in threads.map(Sender.finish, senders)} == {200}


def test_requests_one_behind_the_other_are_answered_in_order(server, member):
    post = f"POST /rooms/lobby/lines/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {member.cookies}\r\n"
    post += f"X-CSRFToken: {member.cookie('csrftoken')}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    posts = [f"{post}Content-Length: {len(body)}\r\n\r\n{body}" for body in ("text=first", "text=second", "text=third")]
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall("".join(posts).encode() + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert heard.index("first</") < heard.index("second</") < heard.index("third</")
    assert heard.endswith("ok")


def test_bodies_in_tiny_chunks_hold_up_nobody(server):
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nTransfer-Encoding: chunked\r\n\r\n"

    def flood(_):
        for _ in range(10):
            with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 5) as line:
                line.sendall(head.encode() + b"1\r\na\r\n" * 200_000)
                assert line.recv(65536).startswith(b"HTTP/1.1 411 ")

    with ThreadPoolExecutor(4) as threads:
        floods = [threads.submit(flood, number) for number in range(4)]
        while not all(each.done() for each in floods):
            started = time.monotonic()
            assert HttpClient(server.url).get("/healthz").status == 200
            assert time.monotonic() - started < 3
        assert not [each.result() for each in floods if each.result()]
