"""Which addresses are this machine's own."""

import ipaddress
import socket

EVERYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104  named, not listened on
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


def is_loopback(host: str) -> bool:
    """True when `host` (a name or an address, brackets allowed) is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def own_hosts(host: str) -> list[str]:
    """The Host headers to answer when none are named: loopback, the machine's name and `host`."""
    if is_loopback(host):
        return LOOPBACK
    return [*LOOPBACK, socket.gethostname()] + ([] if host in EVERYWHERE else [_bracketed(host)])


def url(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on `host`, without a slash at the end."""
    return f"http://{'127.0.0.1' if host in EVERYWHERE else _bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
