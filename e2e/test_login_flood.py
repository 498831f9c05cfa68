"""One client that asks for everything keeps nobody else out."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.servers import Server
from .support.waiting import eventually

pytestmark = pytest.mark.faults
FLOODER, OTHER = "127.0.0.1", "127.0.0.2"


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


def test_six_people_behind_one_address_sign_in_at_once(server: Server) -> None:
    callers = [Caller(server, OTHER) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda caller: caller.tries("member", "parlour"), callers))
    assert answers == [302] * 6


def test_a_flood_of_sign_ins_keeps_no_page_waiting_and_lets_others_in_who_come_back(
    server: Server, flood: Counter[int]
) -> None:
    other = Caller(server, OTHER)
    eventually(lambda: flood[429] > 0)
    for _ in range(10):
        began = time.monotonic()
        other.client.get("/accounts/login/")
        assert time.monotonic() - began < 2
    eventually(lambda: other.tries("member", "parlour") == 302, 20)
