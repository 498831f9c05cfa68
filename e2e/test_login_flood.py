"""One client that asks for everything keeps nobody else out."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.servers import Server

FLOODER, OTHER = "127.0.0.1", "127.0.0.2"
DAWDLERS = 32


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, module_deployment: Callable[..., Deployment]) -> Server:
    return module_deployment(PASSWORDS="slow").start_server(request.param)


class Caller:
    """Somebody who signs in from an address of their own."""

    def __init__(self, server: Server, address: str) -> None:
        self.server, self.address = server, address
        self.client = HttpClient(server.url)
        self.client.get("/accounts/login/")

    def tries(self, name: str, password: str) -> int:
        """Sign in; returns the status of the answer."""
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": self.client.cookie("csrftoken")}
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, 30, source_address=(self.address, 0))
        headers = {"Cookie": self.client.cookies, "Origin": self.server.url}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request("POST", "/accounts/login/", urlencode(fields), headers)
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status


@pytest.fixture
def flood(server: Server) -> Iterator[Counter[int]]:
    """Eight connections of one address that sign in wrongly, one try after the other; their answers."""
    caller, over, answers = Caller(server, FLOODER), threading.Event(), Counter[int]()

    def knock(number: int) -> None:
        while not over.is_set():
            answers[caller.tries(f"nobody-{number}", "wrong")] += 1

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    yield answers
    over.set()
    for each in threads:
        each.join()


def test_a_flood_of_sign_ins_from_one_address_keeps_no_other_out(server: Server, flood: Counter[int]) -> None:
    other = Caller(server, OTHER)
    tries = [other.tries("member", "parlour") for _ in range(6)]
    assert tries == [302] * 6
    assert flood[429] > flood[200], "the flood was none"


@pytest.mark.faults
def test_bodies_that_never_end_keep_nobody_from_sending(server: Server) -> None:
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 1048576\r\n\r\n"
    lines = []
    for _ in range(DAWDLERS):
        line = socket.create_connection(("127.0.0.1", server.port))
        line.sendall(head.encode() + b"x" * 1048575)
        lines.append(line)
    assert Caller(server, OTHER).tries("member", "parlour") == 302
    assert Caller(server, FLOODER).tries("member", "parlour") == 302, "a small body always passes"
    started = time.monotonic()
    answers = Counter(line.makefile("rb").readline().split()[1] for line in lines)
    assert set(answers) <= {b"408", b"503"}
    assert answers[b"408"] >= 3
    assert time.monotonic() - started < 60
    assert "ERROR" not in server.process.tail(1000)
