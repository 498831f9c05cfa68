"""One client that asks for everything keeps nobody else out."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.servers import Server

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


def test_a_flood_of_sign_ins_from_one_address_keeps_no_other_out(server: Server, flood: Counter[int]) -> None:
    other = Caller(server, OTHER)
    tries = [other.tries("member", "parlour") for _ in range(6)]
    assert tries == [302] * 6
    assert flood[429] > flood[200], "the flood was none"
