"""A line of the log says which socket it belongs to; what is done for all pages belongs to none."""

import logging

import pytest

from parlour import hub, log_source
from parlour.database import run
from rooms.consumers import RoomConsumer
from tests.parlour.fake_listener import FakeListener, FakeStream
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sources():
    """sources(words) are those of the lines with these words."""
    lines = []

    class Handler(logging.Handler):
        def emit(self, record):
            lines.append((record.getMessage(), log_source.get()))

    logger, handler = logging.getLogger("parlour"), Handler(logging.DEBUG)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield lambda words: [source for line, source in lines if words in line]
    logger.removeHandler(handler)
    logger.setLevel(level)


async def test_each_socket_has_an_id_for_its_life(ann, ben, lobby, sources, monkeypatch):
    left = []
    monkeypatch.setattr(RoomConsumer, "left", lambda _: left.append(log_source.get()))
    async with RecordingPage(ann), RecordingPage(ben):
        greeted = sources("says hello at")
        assert len(set(greeted)) == 2
        assert all(source.startswith("socket ") and len(source) == 15 for source in greeted)
        for listener in list(hub.current().listeners):
            listener.recheck()
        await eventually(lambda: len(sources("may stay at")) == 2)
        assert set(sources("may stay at")) == set(greeted)
    assert set(left) == set(greeted)


async def test_the_id_goes_along_to_the_database_threads_and_stays_on_none(ann, lobby, monkeypatch):
    seen, authorize = [], RoomConsumer.authorize

    def noting(person, **route):
        seen.append(log_source.get())
        return authorize(person, **route)

    monkeypatch.setattr(RoomConsumer, "authorize", staticmethod(noting))
    async with RecordingPage(ann):
        assert seen[0] == "", "the page itself"
        assert seen[1].startswith("socket ")
    assert {await run(log_source.get) for _ in range(20)} == {""}


async def test_what_is_done_for_all_pages_is_no_sockets_own(ann, lobby, sources):
    async with RecordingPage(ann) as page:
        await run(add, lobby, "hello")
        await page.shows("hello")
        assert set(sources("groups and")) == {""}
    log_source.set("socket 1")
    stream, listener = FakeStream(), FakeListener()
    stream.broken = True
    hub.current().follow(listener, stream, 0)
    await eventually(lambda: sources("could not be read"))
    assert sources("could not be read") == [""]
