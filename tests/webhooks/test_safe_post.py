"""Where a webhook may lead, and how long its receiver may take."""

import socket
import ssl
import subprocess
import threading
from time import monotonic

import pytest

from webhooks import safe_post
from webhooks.safe_post import is_public, post

NOT_PUBLIC = """127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 169.254.0.1
    100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 198.18.0.1 192.0.2.1 203.0.113.9 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1
    fe80::1 fe80::1%1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ff0e::1 64:ff9b::7f00:1 64:ff9b:1::a00:1 2002:7f00:1::
    2001::1 2001:db8::1 100::1"""
PUBLIC = "1.1.1.1 93.184.215.14 172.15.0.1 172.32.0.1 2606:4700::1111 ::ffff:1.1.1.1"
LOOPBACK = "127.0.0.1 localhost 127.1 2130706433 0x7f000001 0177.0.0.1 [::1] [::ffff:7f00:1] 0"


def leads_to(monkeypatch, *answers):
    """Each look-up of a name gives the next of these lists of IP addresses. Returns how often it was looked up."""
    given, asked = iter(answers), []

    def look_up(host, port, **_):
        asked.append(host)
        kinds = {ip: socket.AF_INET6 if ":" in ip else socket.AF_INET for ip in next(given)}
        return [
            (kind, 1, 6, "", (ip, port) if kind == socket.AF_INET else (ip, port, 0, 0)) for ip, kind in kinds.items()
        ]

    monkeypatch.setattr(safe_post.socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "ip",
    NOT_PUBLIC.split(),
)
def test_no_private_loopback_link_local_multicast_or_metadata_address_is_public(ip):
    assert not is_public(ip)


@pytest.mark.parametrize("ip", PUBLIC.split())
def test_what_is_public_is_so(ip):
    assert is_public(ip)


@pytest.mark.parametrize("host", LOOPBACK.split())
def test_however_loopback_is_written_nothing_is_sent_there(host, receiver, settings):
    settings.WEBHOOK_HOSTS_ALLOWED = []
    assert post(f"http://{host}:{receiver.server_port}/", b"", {}) == (0, "It leads into a network that is not public.")
    assert receiver.asked == 0


def test_a_name_is_looked_up_once_and_is_refused_if_one_of_its_addresses_is_not_public(monkeypatch, receiver):
    connected = []

    def connect(end, timeout):
        connected.append((end, timeout <= 10))
        raise ConnectionRefusedError

    monkeypatch.setattr(safe_post.socket, "create_connection", connect)
    asked = leads_to(monkeypatch, ["2606:4700::1111", "1.1.1.1"], ["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["::1"])
    answers = [post("https://rebinding.example/a", b"", {}) for _ in range(4)]
    assert [words for _, words in answers] == [
        "Nothing listens there.",
        *["It leads into a network that is not public."] * 3,
    ]
    assert connected == [(("1.1.1.1", 443), True)]
    assert len(asked) == 4


@pytest.mark.parametrize("answer", ["hang", "trickle"])
def test_who_hangs_or_trickles_is_cut_off_when_the_time_is_over(answer, receiver, monkeypatch):
    monkeypatch.setattr(safe_post, "LIMIT", 0.4)
    receiver.answer = answer
    began = monotonic()
    assert post(receiver.address, b"{}", {}) == (0, "It did not answer within 0 seconds.")
    assert 0.3 < monotonic() - began < 2


def test_an_answer_without_end_is_not_read(monkeypatch, settings):
    settings.WEBHOOK_HOSTS_ALLOWED = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood():
            taken, _ = server.accept()
            with taken:
                taken.recv(9999)
                taken.sendall(b"HTTP/1.1 200 " + b"O" * 1000 + b"\r\n\r\n")
                try:
                    for sent in range(10_000):
                        taken.sendall(b"x" * 10_000)
                        counted.append(sent)
                except OSError:
                    pass

        counted = []
        thread = threading.Thread(target=flood)
        thread.start()
        status, words = post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {})
        thread.join(10)
    assert (status, len(words)) == (200, 100)
    assert len(counted) < 1000


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://no-such-name.invalid/", "Its name could not be looked up."),
        ("http://127.0.0.1:1/", "Nothing listens there."),
        ("http://127.0.0.1:99999/", "The connection broke."),
    ],
)
def test_what_went_wrong_is_told_in_words(url, words, settings):
    settings.WEBHOOK_HOSTS_ALLOWED = ["127.0.0.1"]
    assert post(url, b"", {}) == (0, words)


def test_a_certificate_has_to_be_valid_for_the_name(receiver, settings, tmp_path, monkeypatch):
    settings.WEBHOOK_HOSTS_ALLOWED = ["localhost", "127.0.0.1"]
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -addext subjectAltName=DNS:localhost"
    files = {"certfile": tmp_path / "cert.pem", "keyfile": tmp_path / "key.pem"}
    command = [*make.split(), "-out", str(files["certfile"]), "-keyout", str(files["keyfile"])]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(**files)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    monkeypatch.setattr(safe_post.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", receiver.server_address)])
    address = f"https://localhost:{receiver.server_port}/"
    assert post(address, b"{}", {}) == (0, "Its certificate is not valid for its name.")
    monkeypatch.setenv("SSL_CERT_FILE", str(files["certfile"]))
    assert post(address, b"{}", {}) == (200, "200 OK")
    assert post(address.replace("localhost", "127.0.0.1"), b"{}", {})[1] == "Its certificate is not valid for its name."
