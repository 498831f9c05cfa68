"""One POST to an address that somebody typed: into the public net alone, within ten seconds, without redirects."""

import contextlib
import socket
import ssl
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from parlour import clean

LIMIT = 10.0  # seconds for all of it
PUBLIC_IPV6 = ip_network("2000::/3")
REFUSED = [ip_network(each) for each in ("192.0.0.0/24", "168.63.129.16", "2002::/16")]  # metadata; IPv4 inside IPv6
WORDS: dict[type[Exception], str] = {
    socket.gaierror: "Its name could not be looked up.",
    ssl.SSLCertVerificationError: "Its certificate is not valid for its name.",
    ConnectionRefusedError: "Nothing listens there.",
}


class NotPublic(Exception):
    """An address that is not one of the public net."""


def is_public(address: str) -> bool:
    """Whether this IP address is reached over the public net, and is nobody's own network, machine or metadata."""
    ip: Any = ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    known = ip.is_global and not ip.is_multicast and not any(ip in network for network in REFUSED)
    return known and (ip.version == 4 or ip in PUBLIC_IPV6)


def resolve(url: str, flags: int = 0) -> tuple[Any, ...]:
    """The IP address and port that a URL leads to. Raises NotPublic if any address of its host is not to be reached."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    ends = [end for *_, end in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]
    if host not in settings.WEBHOOK_HOSTS_ALLOWED and not all(is_public(str(end[0])) for end in ends):
        raise NotPublic
    return min(ends, key=len)[:2]  # IPv4 where there is one, for not every machine has IPv6


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Send `body`. Returns the status of the answer, 0 without one, and what came of it in words.

    Of the answer the head alone is read. The name is looked up once, and what was looked up is connected to.
    """
    end = monotonic() + LIMIT
    try:
        with contextlib.closing(_connect(url, end)) as connected:
            limit = threading.Timer(end - monotonic(), _end, [connected])
            limit.start()
            try:
                return _answer(url, connected, body, headers)
            finally:
                limit.cancel()
    except NotPublic:
        return 0, "It leads into a network that is not public."
    except (OSError, HTTPException, ValueError) as error:
        late = f"It did not answer within {LIMIT:.0f} seconds."
        return 0, late if monotonic() >= end else WORDS.get(type(error), "The connection broke.")


def _connect(url: str, end: float) -> socket.socket:
    connected = socket.create_connection(resolve(url), end - monotonic())
    if url.startswith("http:"):
        return connected
    context, name = ssl.create_default_context(), urlsplit(url).hostname
    return context.wrap_socket(connected, server_hostname=name, do_handshake_on_connect=False)


def _end(connected: socket.socket) -> None:
    """Whatever waits for it stops waiting: a timeout of the socket would begin anew with every byte."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _answer(url: str, connected: socket.socket, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    kind = HTTPSConnection if isinstance(connected, ssl.SSLSocket) else HTTPConnection
    connection = kind(parts.hostname or "", parts.port)
    connection.sock = connected
    if isinstance(connected, ssl.SSLSocket):
        connected.do_handshake()
    connection.request("POST", parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers)
    answer = connection.getresponse()
    return answer.status, clean(f"{answer.status} {answer.reason}")[:100]
