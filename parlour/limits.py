"""Token buckets: how much of something a socket or a person may do."""

import time


class Bucket:
    """`rate` is "a second/at once", such as "10/40". Taking may run a full bucket into debt, never an empty one."""

    def __init__(self, rate: str) -> None:
        a_second, at_once = rate.split("/")
        self.rate = float(a_second)
        self.size = float(at_once)
        self.level = self.size
        self.at = time.monotonic()

    def _fill(self) -> None:
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now

    def is_full(self) -> bool:
        self._fill()
        return self.level == self.size

    def take(self, many: int = 1) -> bool:
        self._fill()
        if self.level < 1:
            return False
        self.level -= many
        return True


KEPT = 20_000  # buckets, before the idle ones go
_shared: dict[tuple[str, object], Bucket] = {}
_sweep_at = KEPT


def rate_limit(kind: str, who: object, rate: str) -> Bucket:
    """The bucket that all sockets and requests of one person in this process draw from."""
    if len(_shared) >= _sweep_at:
        _sweep()
    return _shared.setdefault((kind, who), Bucket(rate))


def _sweep() -> None:
    """Forget those that are full again, and no others: nobody's limit ends because there are many of them."""
    global _sweep_at
    for key, bucket in list(_shared.items()):
        if bucket.is_full():
            _shared.pop(key, None)
    _sweep_at = max(KEPT, 2 * len(_shared))
