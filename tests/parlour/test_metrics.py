"""What an operator measures: each metric moves with what it counts, and without the library nothing is missing."""

import asyncio
import subprocess
import sys
import time
from functools import partial

import pytest
from prometheus_client import REGISTRY

from alerts.consumers import AlertsConsumer
from parlour import hub
from parlour.consumer import CloseCode
from parlour.database import run
from parlour.send_queue import SendQueue
from parlour.testing import lost_hints
from tests.parlour.fake_listener import FakeListener, FakeStream
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually


def value(name, **labels):
    return REGISTRY.get_sample_value(f"parlour_{name}", labels) or 0


@pytest.fixture
def moved():
    """moved(name, **labels) says how far a metric moved since the test began."""
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    before = {(sample.name, *sample.labels.items()): sample.value for sample in samples}

    def moved(name, **labels):
        return value(name, **labels) - before.get((f"parlour_{name}", *labels.items()), 0)

    return moved


def resumes(moved):
    return {kind: moved("resumes_total", kind=kind) for kind in ("current", "behind", "unknown")}


@pytest.mark.django_db(transaction=True)
async def test_an_answer_counts_a_delivery_for_each_page_and_one_fan_out(moved):
    here, stream, listeners = hub.current(), FakeStream(), [FakeListener() for _ in range(5)]
    for listener in listeners:
        here.follow(listener, stream, 0)
    await eventually(lambda: all(listener.got for listener in listeners))
    assert moved("fan_out_seconds_count") == 0
    delivered = moved("deliveries_total")
    stream.seq = 1
    here.moved(stream.name, 1)
    await eventually(lambda: all("to 1" in listener.got[-1] for listener in listeners))
    assert moved("deliveries_total") == delivered + 5
    await eventually(lambda: moved("fan_out_seconds_count") == 1)


@pytest.mark.django_db(transaction=True)
async def test_a_page_resumes_with_all_with_less_or_with_nothing(moved):
    here, stream = hub.current(), FakeStream()
    stream.seq = 3
    for cursor, expected in [
        (3, {"current": 1, "behind": 0, "unknown": 0}),
        (2, {"current": 1, "behind": 1, "unknown": 0}),
        (None, {"current": 1, "behind": 1, "unknown": 1}),
        (3, {"current": 2, "behind": 1, "unknown": 1}),  # as everybody here: no stream is asked
    ]:
        listener = FakeListener()
        here.follow(listener, stream, cursor, here.loop.time() - 10)
        await eventually(lambda listener=listener: listener.got)
        assert resumes(moved) == expected
    assert moved("resume_seconds_count") == 4
    assert 40 <= moved("resume_seconds_sum") < 50
    here.topics[stream.key].reset()  # asks for all of them anew, and nobody waited for it
    await eventually(lambda: listener.got[-1].startswith("[None"))
    assert moved("resume_seconds_count") == 4


@pytest.mark.django_db(transaction=True)
async def test_sockets_are_counted_while_they_are_open_and_those_refused_by_reason(ann, lobby, moved, conf):
    before = value("sockets", kind="room"), value("sockets", kind="alerts")
    async with (
        RecordingPage(ann) as page,
        RecordingPage(ann) as other,
        RecordingPage(ann, consumer=AlertsConsumer) as bell,
    ):
        assert (value("sockets", kind="room"), value("sockets", kind="alerts")) == (before[0] + 2, before[1] + 1)
        waited = moved("resume_seconds_sum") / moved("resume_seconds_count")
        assert 0 < waited < 20
        await other.cut()
        await bell.cut()
        await page.cut()
        await page.open(origin="https://example.org")
        await page.ends(CloseCode.REFUSED)
        conf(PERSON_SOCKETS=0)
        await page.open()
        await page.ends(CloseCode.TOO_MUCH)
        await run(lobby.delete)
        await page.open()
        await page.ends(CloseCode.NOT_FOUND)
        await eventually(lambda: (value("sockets", kind="room"), value("sockets", kind="alerts")) == before)
    refused = {
        reason: moved("sockets_refused_total", reason=reason) for reason in ("foreign_page", "too_many", "not_found")
    }
    assert refused == {"foreign_page": 1, "too_many": 1, "not_found": 1}


@pytest.mark.django_db(transaction=True)
async def test_a_hint_that_never_comes_is_lost_and_one_that_comes_after_the_tick_is_late(ann, lobby, moved, conf):
    conf(TICK=60)
    async with RecordingPage(ann) as page:
        here = hub.current()
        await eventually(lambda: here.presence.held)  # the hint of who came is not among those that are lost
        await here._tick()
        with lost_hints():
            await run(add, lobby, "late")
            await here._tick()
            await page.shows("late")
        here._hint({lobby.stream: 1})
        await here._tick()
        assert (moved("hints_late_total"), moved("hints_lost_total")) == (1, 0)
        with lost_hints():
            await run(add, lobby, "lost")
            await here._tick()
            await page.shows("lost")
        assert moved("hints_lost_total") == 0
        await here._tick()
        await here._tick()
        assert (moved("hints_late_total"), moved("hints_lost_total")) == (1, 1)


@pytest.mark.django_db(transaction=True)
async def test_hints_are_counted_once_they_are_sent_and_their_lag_from_the_commit_on(ann, lobby, layer, moved):
    async with RecordingPage(ann) as page:
        await eventually(lambda: layer.groups[lobby.stream])
        sent = moved("hints_sent_total")
        layer.hangs = True
        await run(add, lobby, "from here")
        await page.shows("from here")
        assert moved("hints_sent_total") == sent
        lag = moved("hint_lag_seconds_sum")
        layer.hangs = False
        await eventually(lambda: any(each["name"] == lobby.stream for each in layer.sent))
        await eventually(lambda: moved("hints_sent_total") > sent)
        await eventually(lambda: moved("hint_lag_seconds_sum") > lag)
        [since] = {each["since"] for each in layer.sent if each["name"] == lobby.stream}
        assert 0 < time.time() - since < 60
        arrived, lag = moved("hint_lag_seconds_count"), moved("hint_lag_seconds_sum")
        ahead = {"type": "hint", "name": lobby.stream, "seq": 1, "since": time.time() + 3600}
        await layer.group_send(lobby.stream, ahead)
        await layer.group_send(
            lobby.stream, {key: ahead[key] for key in ("type", "name", "seq")}
        )  # of an older version
        await eventually(lambda: moved("hint_lag_seconds_count") == arrived + 1)
        assert moved("hint_lag_seconds_sum") == lag


async def test_a_queue_that_is_full_is_counted_and_one_that_failed_is_not(conf, moved):
    conf(QUEUE_BYTES=10)

    async def send(event):
        raise ValueError("no such frame")

    failed = SendQueue(send)
    assert failed.put("x")
    await failed.task
    assert failed.put("x") is False
    assert moved("queue_overflows_total") == 0
    stalled = SendQueue(partial(asyncio.sleep, 60))
    stalled.put("x")
    assert not stalled.put("x" * 20)
    assert moved("queue_overflows_total") == 1
    stalled.task.cancel()


def test_without_the_library_the_engine_keeps_nothing_and_runs():
    lines = [
        "import sys",
        "sys.modules['prometheus_client'] = None",
        "from parlour import metrics",
        "metrics.SOCKETS.labels('room').inc()",
        "metrics.SOCKETS.labels('room').dec()",
        "metrics.DELIVERIES.inc(5)",
        "metrics.FAN_OUT.observe(0.5)",
        "print('runs')",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "runs\n", done.stderr
