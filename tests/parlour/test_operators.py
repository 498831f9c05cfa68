"""What an operator is told: rarely, and what nobody else would say."""

import pytest

from parlour import hub, streams
from parlour.database import run
from parlour.limits import OncePerMinute
from parlour.testing import lost_hints
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually


def test_a_warning_that_comes_often_is_counted_and_said_once_a_minute(log_lines):
    late = OncePerMinute("%s was late")
    for _ in range(5):
        late.warning("room.1")
    assert log_lines == ["room.1 was late (×1)"]
    late.bucket.level = 1
    late.warning("room.2")
    assert log_lines[1] == "room.2 was late (×5)"


@pytest.mark.django_db(transaction=True)
async def test_lost_hints_are_told_and_while_every_hint_arrives_there_is_nothing_to_tell(
    ann, lobby, conf, log_lines, monkeypatch
):
    conf(TICK=0.1)
    ticks, tick = [], hub.Hub._tick

    async def ticking(self):
        await tick(self)
        ticks.append(set(self.by_head))

    monkeypatch.setattr(hub.Hub, "_tick", ticking)
    async with RecordingPage(ann) as page:
        await eventually(lambda: ticks and lobby.stream in ticks[-1])
        for n in range(20):
            await run(add, lobby, f"line {n}")
        await page.shows("line 19")
        many = len(ticks)
        await eventually(lambda: len(ticks) >= many + 3)
        late = {lobby.stream: 20}  # a tick found it first, and then its hint came
        hub.current().unhinted.update(late)
        hub.current()._hint(late)
        await eventually(lambda: len(ticks) >= many + 5)
        assert log_lines == []
        with lost_hints():
            await run(add, lobby, "late")
            await page.shows("late")
        await eventually(lambda: log_lines)
        assert lobby.stream in log_lines[0]
        assert "of which no hint had told" in log_lines[0]


@pytest.mark.django_db(transaction=True)
async def test_a_page_that_saw_more_than_there_is_gets_a_snapshot_and_tells_of_a_backup(
    ann, lobby, log_lines, monkeypatch
):
    monkeypatch.setattr(streams, "_ahead", OncePerMinute(streams._ahead.message))
    async with RecordingPage(ann) as page:
        await page.cut()
        cursor = page.document.cursors()[0]
        page.document.set_value(page.region.cursor_id(page.region.log.name, "log"), cursor.rpartition(".")[0] + ".9")
        await run(add, lobby, "restored")
        await page.resume()
        await page.shows("restored")
    assert len(log_lines) == 1
    assert f"seen {lobby.stream} up to 9, its head is at 1" in log_lines[0]
    assert "renew_epoch" in log_lines[0]
