"""Behind nginx with deploy/nginx.conf: pages, sockets and uploads pass; slow, large and many requests stop there."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import InvalidStatus

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.nginx import Nginx, installed
from .support.room_socket import RoomSocket

FASTER = {
    "client_header_timeout 10s": "client_header_timeout 2s",
    "client_body_timeout 10s": "client_body_timeout 2s",
    "per_address 300": "per_address 8",
}


@pytest.fixture(scope="module")
def nginx(module_deployment: Callable[..., Deployment], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    if not installed():
        pytest.skip("nginx and openssl are not installed here")
    deployment = module_deployment(HTTPS="1", ALLOWED_HOSTS="localhost,127.0.0.1")
    nginx = Nginx(
        tmp_path_factory.mktemp("nginx") / "folder",
        deployment.var / "static",
        deployment.start_server("uvicorn"),
        **FASTER,
    )
    assert "test is successful" in nginx.check(), nginx.check()
    nginx.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(nginx.certificate))
        yield nginx
    nginx.stop()


@pytest.fixture(scope="module")
def member(nginx: Nginx) -> HttpClient:
    """Somebody who has just signed up: with HTTPS the accounts of the demo are closed."""
    client, secret = HttpClient(nginx.url), "a long secret"
    client.submit("/accounts/signup/", username="ann", password1=secret, password2=secret)
    return client


def test_pages_static_files_and_sockets_pass(nginx: Nginx, member: HttpClient) -> None:
    page = member.get("/rooms/lobby/?token=SECRET")
    assert page.status == 200
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert sheet
    answer = member.get(sheet.group(1))
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    room = RoomSocket(member, "lobby").hello()
    room.say("through nginx")
    room.hears("through nginx")
    room.socket.close()
    log = (nginx.folder / "access.log").read_text()
    assert "GET /rooms/lobby/ 200" in log
    assert "SECRET" not in log
    assert page.headers["X-Request-ID"] in log
    for path in ("/metrics", "/readyz"):
        answer = member.get(path)
        assert (answer.status, "X-Request-ID" in answer.headers) == (404, False), "no server was asked"


@pytest.mark.parametrize("length", [0, 100], ids=["head", "body"])
def test_a_request_that_does_not_end_is_cut_off(nginx: Nginx, length: int) -> None:
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
    started = time.monotonic()
    with _connected(nginx) as line:
        line.sendall(f"{head}\r\nx".encode() if length else head.encode())
        assert line.recv(4096)[:13] in (b"", b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 6


def test_a_body_that_is_too_large_is_refused(member: HttpClient) -> None:
    assert member.post("/accounts/login/", {"username": "x" * 2 * 1024**2}).status == 413


def test_an_upload_passes_with_its_real_size(nginx: Nginx, member: HttpClient) -> None:
    body = b'--line\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\n\r\n'
    body += b"item,amount,currency,note,reference\n" + b"Tea,1.00,EUR,,\n" * 200_000 + b"\r\n--line--\r\n"
    answer = member.post("/shop/imports/", body, **{"Content-Type": "multipart/form-data; boundary=line"})
    assert answer.status == 302, answer.page.text


def test_one_address_has_only_so_many_connections(nginx: Nginx, member: HttpClient) -> None:
    rooms = [RoomSocket(member, "lobby") for _ in range(7)]
    held = [rooms[0].dial()]
    with pytest.raises(InvalidStatus) as refused:
        rooms[0].dial()
    assert refused.value.response.status_code == 429
    for line in [*held, *(room.socket for room in rooms)]:
        line.close()


def _connected(nginx: Nginx) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", nginx.port), 20)
    return ssl.create_default_context().wrap_socket(line, server_hostname="localhost")
