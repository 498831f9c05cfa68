"""Warnings for an operator about what may happen often: they count, and speak at most once a minute."""

import logging

from parlour.limits import Bucket

log = logging.getLogger("parlour")


class Seldom:
    """One such warning; `words` is a format of logging's."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.bucket = Bucket(f"{1 / 60}/1")
        self.times = 0

    def say(self, *values: object) -> None:
        self.times += 1
        if self.bucket.take():
            log.warning(f"{self.words} (×%d)", *values, self.times)
            self.times = 0
