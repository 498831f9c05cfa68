"""Stand-ins for sockets and streams, to watch a hub without rooms."""

import threading

from parlour.regions import Ids
from parlour.streams import Answer, Stream


class FakeListener:
    """A listener that keeps what it is told."""

    slot = 0
    language = "en"

    def __init__(self, zone="UTC"):
        self.zone = zone
        self.got = []
        self.beats = self.rechecks = 0

    @property
    def person(self):
        return self

    def deliver(self, topic, seq, text):
        self.got.append(text)

    def beat(self):
        self.beats += 1

    def recheck(self):
        self.rechecks += 1

    def tick(self):
        pass


class FakeStream(Stream):
    """A stream that notes what it is asked and answers with the cursor; it can be held up and broken."""

    def __init__(self, name="stream", key="k"):
        super().__init__(name, Ids(key))
        self.seq = 0
        self.asked = []
        self.broken = False
        self.asking, self.free = threading.Event(), threading.Event()
        self.free.set()

    def answer(self, asks):
        self.asked.append(sorted(str(ask.cursor) for ask in asks))
        self.asking.set()
        assert self.free.wait(5)
        if self.broken:
            raise self.broken if isinstance(self.broken, Exception) else ValueError("unreadable")
        return Answer({self.name: self.seq}, {ask: f"[{ask.cursor} to {self.seq}]" for ask in asks})
