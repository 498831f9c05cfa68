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

    def take(self, many: int = 1) -> bool:
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= many
        return True


_shared: dict[tuple[str, object], Bucket] = {}


def shared(kind: str, who: object, rate: str) -> Bucket:
    """The bucket that all sockets and requests of one person in this process draw from."""
    if len(_shared) > 20_000:
        _shared.clear()
    return _shared.setdefault((kind, who), Bucket(rate))
