"""Large files on both servers: who may send them, where they are meanwhile, and what the others hear."""

import os
import re
import socket
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect, sync_playwright

from e2e.conftest import CHROMIUM, QUIET
from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient
from tests.http_bridge.senders import MIB, Sender, together

SETTINGS = "tests.http_bridge.sending_settings"


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    builder = Builder(tmp_path_factory.mktemp("deployments"))
    yield builder
    builder.close()


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request, builder):
    """The site on this server; whatever is done to it, it logs no fault."""
    deployment = builder.deploy(DJANGO_SETTINGS_MODULE=SETTINGS)
    server = deployment.start_server(request.param, TMPDIR=str(deployment.var))
    server.folder = deployment.var
    yield server
    lines = server.process.tail(1000)
    builder.shut_down(deployment)
    assert "ERROR" not in lines
    assert "Traceback" not in lines


@pytest.fixture
def member(server):
    return HttpClient(server.url).sign_in("member")


def kept(server):
    """Bytes of open files without a name below the deployment's folder."""
    return sum(_nameless(each, server.folder) for each in Path(f"/proc/{server.process.pid}/fd").iterdir())


def _nameless(link, folder):
    try:
        return link.stat().st_size if re.match(f"{folder}.*deleted", os.readlink(link)) else 0
    except OSError:  # closed meanwhile
        return 0


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_large_file_arrives_whole_and_is_gone_when_it_is_answered(server, member):
    sender = Sender(member, "/take/", 9 * MIB).sends(5 * MIB)
    until(lambda: kept(server) > 4 * MIB)
    assert sender.answer() == (200, f"{9 * MIB} {sender.digest.hexdigest()}")
    until(lambda: kept(server) == 0)
    assert list((server.folder / "uploads").iterdir()) == []


def test_two_hundred_megabytes_cost_little_memory(server, member):
    before = server.process.most_memory()
    sender = Sender(member, "/take/", 200 * MIB)
    assert sender.answer()[0] == 200
    cost = server.process.most_memory() - before
    assert cost < 20, f"{cost:.1f} MiB"


def test_slow_senders_hold_no_thread(server):
    people = [HttpClient(server.url).sign_in(name) for name in ("member", "member", "staff")]
    senders = [Sender(each, "/take/", 3 * MIB).sends(2 * MIB) for each in people]
    started = time.monotonic()
    assert people[0].get("/").status == 200
    assert time.monotonic() - started < 1
    assert {status for status, _ in together(*(each.answer for each in senders))} == {200}


def test_the_third_file_at_a_time_waits_and_another_persons_does_not(server, member):
    first, second = (Sender(member, "/take/", 3 * MIB).sends(2 * MIB) for _ in range(2))
    until(lambda: kept(server) >= 3 * MIB)
    third = Sender(member, "/take/", 3 * MIB)
    status, words = third.answer()
    assert status == 429
    assert "already" in words
    assert third.headers["Retry-After"]
    assert Sender(HttpClient(server.url).sign_in("staff"), "/take/", 2 * MIB).answer()[0] == 200
    first.leaves()
    until(lambda: kept(server) < 3 * MIB)
    assert Sender(member, "/take/", 2 * MIB).answer()[0] == 200
    assert second.answer()[0] == 200


@pytest.mark.parametrize(("name", "words"), [("", "Sign in"), ("other", "not open to you"), ("guest", "Sign in")])
def test_nothing_of_a_strangers_file_is_kept(server, name, words):
    stranger = HttpClient(server.url)
    stranger.get("/take/")
    if name:
        stranger = stranger.be_guest("Gus") if name == "guest" else stranger.sign_in(name)
    sender = Sender(stranger, "/take/", 6 * MIB).sends(5 * MIB)
    assert kept(server) == 0
    status, text = sender.answer()
    assert status == 403
    assert words in text
    assert "Content-Security-Policy" in sender.headers


def test_more_than_the_limit_is_refused_in_words(server, member):
    status, text = Sender(member, "/little/", 40 * MIB).answer()
    assert status == 413
    assert "At most 4 MB" in text
    assert 'href="/"' in text


def test_more_than_one_mebibyte_elsewhere_is_refused_in_words(server, member):
    status, text = Sender(member, "/rooms/lobby/messages/", 40 * MIB).answer()
    assert status == 413
    assert "At most 1 MB" in text


def test_a_browser_shows_why_a_file_is_not_taken(server, tmp_path):
    (tmp_path / "large.csv").write_bytes(b"x" * 60 * MIB)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM if CHROMIUM.exists() else None, args=QUIET)
        page = browser.new_page()
        page.goto(f"{server.url}/accounts/login/?next=/little/")
        page.locator("[name=username]").fill("member")
        page.locator("[name=password]").fill("parlour")
        page.locator("main form button").first.click()
        page.set_input_files("[name=file]", tmp_path / "large.csv")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="That is too large to send")).to_be_visible(timeout=20_000)
        page.get_by_role("link", name="Back to the page").click()
        expect(page).to_have_url(f"{server.url}/little/")
        browser.close()


def test_a_line_lives_on_after_a_body_and_its_length_is_enough(server, member):
    fields = urlencode({"csrfmiddlewaretoken": member.cookie("csrftoken"), "text": "sent in pieces"}).encode()
    headers = {"Cookie": member.cookies, "Origin": server.url, "Content-Type": "application/x-www-form-urlencoded"}
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    for body in (fields, fields):
        line.request("POST", "/rooms/lobby/lines/", body, headers | {"Expect": "100-continue"})
        answer = line.getresponse()
        assert "sent in pieces" in answer.read().decode()
        assert answer.status == 200
        assert line.sock, "the server closed the line"


CHUNKED = "POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_chunks_is_refused_in_words_and_the_line_closed(server):
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall(CHUNKED.format(server.port).encode() + b"5\r\nhello\r\n")
        heard = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert heard.startswith("HTTP/1.1 411 ")
    assert "That came without its length" in heard
    assert heard.count("HTTP/1.1") == 1


def test_a_line_that_is_said_to_close_answers_nothing_more(server):
    body = "x" * (MIB + 1)
    post = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall(f"{post}{body}GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        heard = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert heard.startswith("HTTP/1.1 413 ")
    assert heard.count("HTTP/1.1") == 1


def test_who_sends_too_many_fields_raises_no_alarm(server, member):
    headers = {"Cookie": member.cookies, "Content-Type": "application/x-www-form-urlencoded"}
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.request("POST", "/accounts/login/", "x=1&" * 2000, headers)
    assert line.getresponse().status == 400
    assert "WARNING django.security.TooManyFieldsSent" in server.process.tail(5)
    line.close()


def test_bodies_in_tiny_chunks_hold_up_nobody(server):
    end = time.monotonic() + 4
    pieces = CHUNKED.format(server.port).encode() + b"1\r\na\r\n" * 200_000

    def flood():
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 5) as line:
                line.sendall(pieces)
                line.recv(65536)

    def visit():
        waits = []
        while time.monotonic() < end:
            started = time.monotonic()
            assert HttpClient(server.url).get("/healthz").status == 200
            waits.append(time.monotonic() - started)
        return max(waits)

    assert together(visit, *[flood] * 4)[0] < 0.8


def test_requests_one_behind_the_other_are_answered_in_order(server, member):
    post = f"POST /rooms/lobby/lines/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {member.cookies}\r\n"
    post += f"X-CSRFToken: {member.cookie('csrftoken')}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    posts = [f"{post}Content-Length: {len(body)}\r\n\r\n{body}" for body in ("text=first", "text=second", "text=third")]
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall("".join(posts).encode() + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert [heard.count(f"\n{word}</textarea>") for word in ("first", "second", "third")] == [1, 1, 1]
    assert heard.index("first</") < heard.index("second</") < heard.index("third</")
    assert heard.endswith("ok")


@pytest.mark.faults
def test_a_dawdler_is_told_so(server, member):
    for path in ("/take/", "/accounts/login/"):
        assert Sender(member, path, MIB // 2).reads()[0] == 408
