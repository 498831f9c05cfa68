"""Rates over all processes, for what is rare: a count in Redis, where there is one, beside the bucket of each."""

import ipaddress
import time
from typing import Any

from django.core.cache import caches
from redis.exceptions import RedisError

from parlour import rate_limit


def allows(kind: str, address: str, rate: str) -> bool:
    """Whether one more may come from this address; `rate` is "per second/at once".

    Over all processes as many as `at once` may come in the time in which that many would come at the rate. While Redis
    is away, each process counts alone.
    """
    here = rate_limit(kind, address, rate).take()
    per_second, at_once = map(float, rate.split("/"))
    try:
        known: Any = ipaddress.ip_address(address)
        known = getattr(known, "ipv4_mapped", None) or known
        network = ipaddress.ip_network((known, 64 if known.version == 6 else 32), strict=False)
        counts, seconds = caches["rates"], at_once / per_second
        key = f"{kind}/{int(network.network_address):x}/{int(time.time() / seconds)}"
        counts.add(key, 0, seconds)
        return here and counts.incr(key) <= at_once
    except (RedisError, OSError, ValueError):
        return here
