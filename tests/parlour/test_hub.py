"""One hub a process: each stream is asked once for all its pages, and no page can spoil another's."""

import asyncio

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from parlour import hub as module
from parlour import send_queue, writes
from parlour.database import run
from parlour.models import Head
from parlour.streams import StateStream
from parlour.testing import lost_hints
from rooms.consumers import RoomConsumer
from rooms.models import Message
from tests.parlour.fake_listener import FakeListener, FakeStream
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage, Silent
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def hub(monkeypatch):
    """A hub after its first tick, which would ask every stream that it finds."""
    tick, ticked = module.Hub._tick, asyncio.Event()

    async def ticking(hub):
        await tick(hub)
        ticked.set()

    monkeypatch.setattr(module.Hub, "_tick", ticking)
    hub = module.current()
    await hub.ready()
    await ticked.wait()
    return hub


async def present(hub, stream, *listeners):
    for listener in listeners:
        hub.follow(listener, stream, 0)
    await told(*listeners)
    for listener in listeners:
        listener.got.clear()
    stream.asked.clear()


async def told(*listeners, words=""):
    await eventually(lambda: all(listener.got and words in listener.got[-1] for listener in listeners))


def news(hub, stream, seq):
    stream.seq = seq
    hub.moved(stream.name, seq)


async def test_a_stream_that_may_wait_does_so_for_longer_where_many_read_it_each_in_their_own_way(hub, monkeypatch):
    monkeypatch.setattr(module, "MANY", 1)
    stream, readers = FakeStream(), [FakeListener("UTC"), FakeListener("Europe/Berlin"), FakeListener("Asia/Tokyo")]
    await present(hub, stream, *readers)
    stream.delay, began = 0.2, hub.loop.time()
    news(hub, stream, 1)
    await told(*readers, words="[0 to 1]")
    assert hub.loop.time() - began >= 0.8
    assert stream.asked == [["0", "0", "0"]]


async def test_the_epoch_is_read_once_however_many_pages_come_at_once(monkeypatch):
    read = []
    monkeypatch.setattr(module.Head.objects, "epoch", lambda: read.append(1) or 7)
    new = module.current()
    await asyncio.gather(*(new.ready() for _ in range(20)))
    assert (new.epoch, len(read)) == (7, 1)


async def test_many_pages_are_answered_by_one_ask_and_one_rendering_for_each_zone(hub):
    stream, listeners = FakeStream(), [FakeListener(zone) for zone in ("UTC", "Asia/Tokyo") * 20]
    await present(hub, stream, *listeners)
    news(hub, stream, 1)
    await told(*listeners)
    assert stream.asked == [["0", "0"]]
    assert {listener.got[0] for listener in listeners} == {listeners[0].got[0]}


async def test_a_hint_that_says_nothing_new_asks_nothing(hub):
    stream, listener = FakeStream(), FakeListener()
    stream.seq = 5
    await present(hub, stream, listener)
    for seq in (1, 5, 5):
        hub.moved(stream.name, seq)
    await asyncio.sleep(0.1)
    assert stream.asked == []


async def test_a_burst_of_hints_shares_its_asks(hub, conf):
    conf(ASK_GAP=0.02)
    stream, listener = FakeStream(), FakeListener()
    await present(hub, stream, listener)
    began = hub.loop.time()
    for seq in range(1, 101):
        news(hub, stream, seq)
        await asyncio.sleep(0.001)
    await told(listener, words="to 100")
    assert len(stream.asked) < (hub.loop.time() - began) / 0.02 + 3


@pytest.mark.parametrize(("first", "asked"), [(2, [["0"], ["2"]]), (1, [["0"], ["1"], ["3"]])])
async def test_after_an_answer_with_several_events_that_took_long_what_follows_shares_the_next(hub, first, asked):
    """A single event is answered as soon as it comes, whatever the one before it took."""
    stream, listener = FakeStream(), FakeListener()
    await present(hub, stream, listener)
    stream.free.clear()
    hub.loop.call_later(0.045, stream.free.set)
    news(hub, stream, first)
    await told(listener, words=f"to {first}")
    news(hub, stream, 3)
    await asyncio.sleep(0.03)
    news(hub, stream, 4)
    await told(listener, words="to 4")
    assert stream.asked == asked


async def test_pages_that_come_back_together_are_answered_each_from_its_cursor(hub):
    stream, listeners = FakeStream(), [FakeListener() for _ in range(30)]
    stream.seq = 9
    for n, listener in enumerate(listeners):
        hub.follow(listener, stream, n % 3)
    await told(*listeners)
    assert [listener.got[0][:8] for listener in listeners[:3]] == ["[0 to 9]", "[1 to 9]", "[2 to 9]"]
    assert len(stream.asked) == 1


async def test_a_page_that_is_being_answered_is_not_forgotten_when_the_last_other_leaves(hub):
    """A tab is closed while the next one says hello."""
    stream, old, new = FakeStream(), FakeListener(), FakeListener()
    await present(hub, stream, old)
    stream.free.clear()
    stream.asking.clear()
    hub.follow(new, stream, None)
    await eventually(stream.asking.is_set)
    hub.leave(old)
    stream.free.set()
    await told(new)
    news(hub, stream, 1)
    await told(new, words="to 1")


async def test_a_page_that_comes_back_while_another_is_answered_and_all_others_left_misses_nothing(hub):
    stream, gone, slow, back = FakeStream(), FakeListener(), FakeListener(), FakeListener()
    stream.seq = 10
    await present(hub, stream, gone)
    stream.free.clear()
    stream.asking.clear()
    hub.follow(slow, stream, 8)
    hub.leave(gone)  # nobody is left who has seen 10 when the stream is asked
    await asyncio.to_thread(stream.asking.wait, 5)
    hub.follow(back, stream, 10)
    stream.seq = 11
    stream.free.set()
    await told(slow, words="to 11")
    await told(back, words="[10 to 11]")


async def test_what_a_page_that_comes_is_told_before_the_hint_those_who_read_in_another_way_are_told_too(hub):
    stream, late = FakeStream(), FakeListener("UTC")
    here, there = FakeListener("UTC"), FakeListener("Europe/Berlin")
    await present(hub, stream, here, there)
    stream.seq = 1
    hub.follow(late, stream, None)
    await told(late, here, words="to 1")
    hub.moved(stream.name, 1)
    await told(there, words="to 1")


async def test_after_the_database_was_restored_rights_are_checked_again_though_heads_went_back(hub):
    guarded = FakeListener()
    guarded.slot = -1
    hub.guard(guarded, {"rights.1": 50})
    await Head.objects.acreate(name="rights.1", seq=10)
    await run(Head.objects.renew_epoch)
    await hub._tick()
    before = guarded.rechecks
    assert before
    await run(writes.revoke, 1)
    await eventually(lambda: guarded.rechecks > before)


async def test_of_two_pages_that_are_being_answered_one_may_leave(hub):
    stream, gone, stays = FakeStream(), FakeListener(), FakeListener()
    stream.free.clear()
    hub.follow(gone, stream, 0)
    hub.follow(stays, stream, 0)
    await eventually(stream.asking.is_set)
    hub.leave(gone)
    stream.free.set()
    await told(stays)
    assert gone.got == []


async def test_pages_that_end_while_they_are_told_take_nobody_along(hub):
    stream, listeners, last = FakeStream(), [FakeListener() for _ in range(3)], FakeListener()

    class Full(FakeListener):
        def deliver(self, topic, seq, text):
            hub.leave(self)
            hub.leave(last)

    for listener in (listeners[0], Full(), listeners[1], last, listeners[2]):
        hub.follow(listener, stream, 0)
    await told(*listeners)
    assert last.got == []
    news(hub, stream, 1)
    await told(*listeners, words="to 1")


async def test_a_stream_that_cannot_be_read_is_asked_again_at_the_next_look(fast_clocks, hub, log_lines):
    stream, listener, late = FakeStream(), FakeListener(), FakeListener()
    await present(hub, stream, listener)
    stream.broken = True
    hub.follow(late, stream, None)
    await eventually(lambda: log_lines)
    stream.broken = False
    await told(late)


async def test_a_page_that_fails_at_its_beat_or_its_tick_takes_nobody_along(fast_clocks, hub):
    class Failing(FakeListener):
        def beat(self):
            raise ValueError("no such zone")

        tick = recheck = beat

        def deliver(self, topic, seq, text):
            super().deliver(topic, seq, text)
            raise ValueError("no such zone")

    stream, fails, stays = FakeStream(), Failing(), FakeListener()
    await present(hub, stream, fails, stays)
    hub.guard(fails, {"rights": 0})
    hub.guard(stays, {"rights": 0})
    news(hub, stream, 1)
    hub.moved("rights", 1)
    beats = stays.beats
    await eventually(lambda: stays.beats > beats + 2 and stays.rechecks and stays.got and "to 1" in stays.got[-1])


async def test_a_missing_row_is_logged_once_and_asked_for_again(fast_clocks, hub, log_lines):
    stream, listener = FakeStream(), FakeListener()
    await present(hub, stream, listener)
    stream.broken = ObjectDoesNotExist("no such profile")
    news(hub, stream, 1)
    await eventually(lambda: len(stream.asked) > 4)
    assert listener.rechecks == 1
    assert ["could not be read" in line for line in log_lines] == [True]
    stream.broken = False
    await eventually(lambda: listener.got and "to 1" in listener.got[-1])


async def test_two_regions_that_follow_one_head_each_get_what_is_theirs(hub):
    here, there = FakeStream(key="here"), FakeStream(key="there")
    listeners = FakeListener(), FakeListener()
    hub.follow(listeners[0], here, 0)
    hub.follow(listeners[1], there, 0)
    await told(*listeners)
    here.seq = there.seq = 1
    hub.moved("stream", 1)
    await told(*listeners, words="to 1")
    assert ['id="here-' in listeners[0].got[-1], 'id="there-' in listeners[1].got[-1]] == [True, True]
    assert (len(here.asked), len(there.asked)) == (2, 2)


async def test_a_page_that_left_is_held_by_nothing(ann, lobby, conf):
    conf(GRACE=0)
    async with RecordingPage(ann), Silent(ann), RecordingPage():
        hub = module.current()
        assert len(hub.listeners) == 2  # the silent one does not listen
    assert (hub.listeners, hub.topics, dict(hub.guards), dict(hub.by_head)) == ({}, {}, {}, {})
    assert not hub.presence.tabs


async def test_the_tick_finds_what_every_lost_hint_hid_and_numbers_what_a_dead_process_left(
    ann, lobby, fast_clocks, monkeypatch
):
    def write_and_die():
        with monkeypatch.context() as dead, transaction.atomic():
            dead.setattr(writes.transaction, "on_commit", lambda *_, **__: None)
            add(lobby, "left behind")

    async with RecordingPage(ann) as page:
        with lost_hints():
            await run(add, lobby, "late")
            await page.shows("late")
        await run(write_and_die)
        await page.shows("left behind")
        assert await page.equals_fresh()


async def test_a_second_hello_on_one_socket_is_not_answered(ann, lobby):
    async with RecordingPage(ann) as page:
        await page.send(kind="hello", cursor=[])
        await page.send(kind="say", text="after it")
        await page.shows("after it")
        assert "".join(page.frames).count('id="room-lobby-met"') == 1


async def test_nobody_is_told_again_who_is_here_because_a_tab_was_opened(ann, ben, lobby):
    """A thousand pages that come back would each be told a thousand times."""
    async with RecordingPage(ann) as page, RecordingPage(ben) as bens:
        await page.shows("Ben")
        await bens.shows("Ann")
        page.frames.clear()
        async with Silent(ben) as tab:
            people = tab.region.people
            tab.document.set_value(tab.region.cursor_id(people.name, people.part), "")  # it saw nothing of use
            await tab.hello()
            await tab.receives("innerHTML:#room-lobby-people")
            await bens.send(kind="say", text="after it")
            await page.shows("after it")
        assert not any(lobby.people in frame or "room-lobby-people" in frame for frame in page.frames)


class Counter(StateStream):
    """How many lines there are, beside them."""

    part = "many"

    def drawn(self, variant, context):
        return f"{Message.objects.count()} lines"


class Counted(RoomConsumer):
    """A room whose lines and their count follow one head."""

    @classmethod
    def authorize(cls, person, slug):
        region = super().authorize(person, slug)
        region.streams = [region.log, Counter(region.log.name, region)]
        return region


async def test_a_log_and_a_state_on_one_head_resume_each_from_its_own(ann, lobby):
    """The count came before the cut, the line did not."""
    async with RecordingPage(ann, consumer=Counted) as page:
        await page.cut()
        await run(add, lobby, "between")
        cursor = page.document.cursors()[-1]
        counter = page.region.cursor_id(page.region.streams[1].name, "many")
        page.document.set_value(counter, cursor.rpartition(".")[0] + ".1")
        assert page.document.value(counter).endswith(".1")
        await page.resume()
        await page.shows("between")
        await page.shows("1 lines")


async def test_a_page_that_fell_behind_is_asked_to_come_back_and_then_misses_nothing(ann, lobby, conf, monkeypatch):
    conf(QUEUE_FRAMES=4, BEAT=0.05)
    monkeypatch.setattr(send_queue, "LINGER", 20)  # this page reads again, however busy the machine is
    async with RecordingPage(ann) as page:
        reading, down = asyncio.Event(), page._down

        async def stalled(event):
            await reading.wait()
            await down(event)

        [consumer] = module.current().listeners
        consumer.send_queue.send = stalled
        n = 0
        while not consumer.ended:
            await run(add, lobby, f"line {n}")
            await asyncio.sleep(0.02)
            n += 1
        reading.set()
        await page.ends(1013)
        await page.resume()
        assert await page.equals_fresh()


async def test_rights_are_asked_for_a_few_pages_at_a_time(conf, monkeypatch):
    conf(RECHECK=0.35)
    asked, pages = [], [FakeListener() for _ in range(3 * module.ASKED_AT_ONCE)]
    monkeypatch.setattr(module.authorization, "differing", lambda some: asked.append(some) or [])
    for page in pages:
        module.current().guard(page, {})
    await eventually(lambda: {*pages} <= {page for some in asked for page in some})
    assert max(map(len, asked)) == module.ASKED_AT_ONCE
