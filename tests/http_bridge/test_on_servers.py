"""Bodies and responses on both servers: memory, disk, and what other people notice."""

import hashlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from e2e.conftest import CHROMIUM, QUIET
from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient
from e2e.support.waiting import eventually
from tests.http_bridge.fixture_site import LONG

MIB = 1024**2


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    return Builder(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request, builder):
    """The site on this server; whatever is done to it, it logs no error."""
    site = builder.deploy(DJANGO_SETTINGS_MODULE="tests.http_bridge.fixture_settings")
    server = site.start_server(request.param, TMPDIR=str(site.var))
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
    """One file of `size` bytes from `client` to `path`, a piece at a time."""

    def __init__(self, client, path, size):
        self.line = HTTPConnection(client.url.removeprefix("http://"), timeout=60)
        field, end = '--line\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n', "\r\n--line--\r\n"
        head = field.format("csrfmiddlewaretoken", "") + client.cookie("csrftoken") + "\r\n"
        head += field.format("file", '; filename="orders.csv"')
        self.left, self.tail, self.digest = size, end.encode(), hashlib.sha256()
        self.line.putrequest("POST", path)
        for name, value in {
            "Cookie": client.cookies,
            "Origin": client.url,
            "Content-Type": "multipart/form-data; boundary=line",
            "Content-Length": str(len(head) + size + len(end)),
        }.items():
            self.line.putheader(name, value)
        self.line.endheaders(head.encode())

    def send(self, size):
        """Send the next bytes of the file."""
        while size:
            piece = f"{self.left:15}\n".encode() * (min(size, MIB) // 16)
            self.digest.update(piece)
            self.line.send(piece)
            self.left -= len(piece)
            size -= len(piece)
        return self

    def finish(self):
        """Send the rest, if somebody listens, and read the answer: (status, text)."""
        with suppress(OSError):
            self.send(self.left).line.send(self.tail)
        response = self.line.getresponse()
        return response.status, response.read().decode()


def on_disk(server):
    """Bytes of open files without a name in the folder of the site."""
    size = 0
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(OSError):
            if (name := os.readlink(link)).startswith(str(server.folder)) and name.endswith("(deleted)"):
                size += link.stat().st_size
    return size


def answers_at_once(server):
    started = time.monotonic()
    assert HttpClient(server.url).get("/healthz").status == 200
    return time.monotonic() - started < 1


def test_a_large_file_arrives_whole_and_its_copy_is_gone_after_the_answer(server, member):
    sender = Sender(member, "/upload/", 9 * MIB).send(5 * MIB)
    eventually(lambda: on_disk(server) > 4 * MIB, 5)
    assert sender.finish() == (200, f"{9 * MIB} {sender.digest.hexdigest()}")
    eventually(lambda: on_disk(server) == 0, 5)
    assert list((server.folder / "uploads").iterdir()) == []


def test_two_hundred_megabytes_cost_little_memory(server, member):
    before = server.process.most_memory()
    assert Sender(member, "/upload/", 200 * MIB).finish()[0] == 200
    cost = server.process.most_memory() - before
    assert cost < 20, f"{cost:.1f} MiB"


def test_patient_senders_behind_one_address_hold_up_neither_pages_nor_uploads(server, member):
    staff = HttpClient(server.url).sign_in("staff")
    senders = [Sender(each, "/upload/", 3 * MIB).send(2 * MIB) for each in (member, staff) * 6]
    started = time.monotonic()
    assert member.get("/").status == 200
    assert Sender(member, "/upload/", 2 * MIB).finish()[0] == 200
    assert time.monotonic() - started < 2
    with ThreadPoolExecutor(12) as threads:
        assert {status for status, _ in threads.map(Sender.finish, senders)} == {200}


@pytest.mark.parametrize(("name", "words"), [("", "Sign in"), ("other", "not open to you"), ("guest", "Sign in")])
def test_nothing_of_a_strangers_file_is_kept(server, name, words):
    stranger = HttpClient(server.url)
    stranger.get("/upload/")
    if name:
        stranger = stranger.be_guest("Gus") if name == "guest" else stranger.sign_in(name)
    sender = Sender(stranger, "/upload/", 6 * MIB).send(5 * MIB)
    assert on_disk(server) == 0
    status, text = sender.finish()
    assert status == 403
    assert words in text


def test_a_browser_shows_why_a_file_is_not_taken(server, tmp_path):
    (tmp_path / "large.csv").write_bytes(b"x" * 60 * MIB)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.goto(f"{server.url}/elsewhere/")
        page.set_input_files("[name=file]", tmp_path / "large.csv")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="That is too large to send")).to_be_visible(timeout=20_000)
        expect(page.locator("main")).to_contain_text("At most 1 MB can be taken here.")
        page.get_by_role("link", name="Back to the page").click()
        expect(page).to_have_url(f"{server.url}/elsewhere/")
        browser.close()


def test_requests_one_behind_the_other_are_answered_in_order(server, member):
    post = f"POST /rooms/lobby/lines/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {member.cookies}\r\n"
    post += f"X-CSRFToken: {member.cookie('csrftoken')}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    posts = [f"{post}Content-Length: {len(body)}\r\n\r\n{body}" for body in ("text=first", "text=second", "text=third")]
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall("".join(posts).encode() + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert heard.index("first</") < heard.index("second</") < heard.index("third</")
    assert heard.endswith("ok")


def test_who_sends_too_many_fields_raises_no_alarm(server, member):
    headers = {"Cookie": member.cookies, "Content-Type": "application/x-www-form-urlencoded"}
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.request("POST", "/accounts/login/", "x=1&" * 2000, headers)
    assert line.getresponse().status == 400
    assert "WARNING django.security.TooManyFieldsSent" in server.process.tail(5)
    line.close()


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
            assert answers_at_once(server)
        assert not [each.result() for each in floods if each.result()]


@pytest.mark.faults
def test_bodies_that_stop_are_rejected_in_time(server, member):
    senders = [Sender(member, path, MIB // 2) for path in ("/upload/", "/accounts/login/") * 16]
    assert {each.line.getresponse().status for each in senders} == {408}


@pytest.fixture
def get(server):
    """get(path) asks for a page on a connection of its own and reads nothing yet."""
    with ExitStack() as lines:

        def get(path):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lines.enter_context(line).settimeout(20)
            line.connect(("127.0.0.1", server.port))
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
            return line

        yield get


def test_long_responses_that_nobody_reads_cost_little_memory_and_no_thread_and_arrive_whole(server, get):
    before = server.process.most_memory()
    lines = [get("/long/") for _ in range(8)]
    for _ in range(12):
        get("/page/")
    eventually(lambda: on_disk(server) >= 8 * 24 * MIB, 20)
    assert all(answers_at_once(server) for _ in range(50))
    assert on_disk(server) >= 8 * 24 * MIB, "the server took what nobody reads"
    cost = server.process.most_memory() - before
    assert cost < 30, f"{cost:.1f} MiB"
    answer = HTTPResponse(lines[0])
    answer.begin()
    assert answer.read() == b"".join(LONG)
    for line in lines:
        line.close()
    eventually(lambda: on_disk(server) == 0, 5)
