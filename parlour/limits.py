"""Limits for one process: how much somebody may do in a while, how many sockets they may hold, how often we warn.

What is per connection or per address on the open net is a proxy's work; see deploy/nginx.conf.
"""

import ipaddress
import logging
import sys
import time
from collections import Counter
from typing import Any

from django.utils.translation import gettext_lazy as _

from parlour.conf import conf

log = logging.getLogger("parlour")
KEPT = 20_000  # shared buckets, before the full ones are dropped


class Bucket:
    """A token bucket; `rate` is "per second/at once", such as "10/40". A take may run it into debt, once."""

    __slots__ = ("at", "level", "rate", "size")

    def __init__(self, rate: str) -> None:
        per_second, at_once = rate.split("/")
        self.rate = float(per_second)
        self.size = float(at_once)
        self.level = self.size
        self.at = time.monotonic()

    def is_full(self) -> bool:
        self._fill()
        return self.level == self.size

    def take(self, many: int = 1) -> bool:
        """Take tokens. False: there are none."""
        self._fill()
        if self.level < 1:
            return False
        self.level -= many
        return True

    def _fill(self) -> None:
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now


_shared: dict[tuple[str, object], Bucket] = {}
_sweep_at = KEPT


def rate_limit(kind: str, who: object, rate: str) -> Bucket:
    """The bucket from which all sockets and requests of one person draw in this process.

    `who` is a primary key, or a network address as text; addresses of one IPv6 /64 share a bucket.
    """
    who = network(who) if isinstance(who, str) else who
    if len(_shared) >= _sweep_at:
        _sweep()
    return _shared.setdefault((kind, who), Bucket(rate))


def _sweep() -> None:
    """Drop the buckets that are full again, and no others: nobody's limit ends because there are many of them."""
    global _sweep_at
    for key, bucket in list(_shared.items()):
        if bucket.is_full():
            _shared.pop(key, None)
    _sweep_at = max(KEPT, 2 * len(_shared))


def network(address: str) -> str:
    """The address itself; of IPv6 its /64, which one client has whole. What is no address is returned as it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


class TooManySockets(Exception):
    """Somebody holds as many sockets as they may, with the words that say so."""


Counted = tuple[str, object]
_open: Counter[Counted] = Counter()


def count_socket(person: Any, address: str) -> Counted:
    """Count one more socket: of a person wherever they come from, else of a public address. `uncount_socket` ends it.

    Raises TooManySockets. An address that is not public is a proxy's, behind which everybody stands.
    """
    if person.is_authenticated:
        who, most, words = ("person", person.pk), conf.PERSON_SOCKETS, _("You have very many pages open.")
    else:
        kind, most = ("address", conf.ADDRESS_SOCKETS) if _is_public(address) else ("proxy", sys.maxsize)
        who = kind, network(address)
        words = _("Very many pages are open from where you are.")
    if _open[who] >= most:
        ending = _("Close some; this page will try again soon.")
        raise TooManySockets(f"{words} {ending}")
    _open[who] += 1
    return who


def uncount_socket(who: Counted) -> None:
    """One socket fewer."""
    _open[who] -= 1
    if not _open[who]:
        del _open[who]


def frame_bucket(who: Counted) -> Bucket:
    """The bucket from which all sockets counted together draw for what they send; behind a proxy each has its own."""
    return Bucket(conf.FRAME_RATE) if who[0] == "proxy" else rate_limit("frames", who, conf.FRAME_RATE)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


class OncePerMinute:
    """A warning about what may happen often: it is logged at most once a minute, with the number of times."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.bucket = Bucket(f"{1 / 60}/1")
        self.times = 0

    def warning(self, *values: object) -> None:
        self.times += 1
        if self.bucket.take():
            log.warning(f"{self.message} (×%d)", *values, self.times)
            self.times = 0
