"""A proxy before Redis that loses what one process publishes to the others."""

import random
import re

from .flaky_proxy import FlakyProxy

PUBLISH = re.compile(rb"(\*3\r\n\$7\r\nPUBLISH\r\n\$\d+\r\n)([^\r]+)(?=\r\n)", re.IGNORECASE)


class LossyRedis(FlakyProxy):
    """Put it before Redis. A share of all messages goes to a channel without subscribers; Redis answers as ever."""

    def __init__(self, target: int, share: float, seed: int = 1) -> None:
        self.share = share
        self.lost = self.carried = 0
        self._dice = random.Random(seed)
        super().__init__(target)

    def request(self, chunk: bytes) -> bytes:
        return PUBLISH.sub(self._mislead, chunk)

    def _mislead(self, match: re.Match[bytes]) -> bytes:
        if self._dice.random() >= self.share:
            self.carried += 1
            return match[0]
        self.lost += 1
        return match[1] + b"?" * len(match[2])
