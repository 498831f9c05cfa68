"""Which addresses are this machine's own."""

import ipaddress
import socket

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
    own = [socket.gethostname()]
    if host not in ("0.0.0.0", "::", "[::]"):
        own.append(f"[{host}]" if ":" in host and not host.startswith("[") else host)
    return LOOPBACK + own
