"""Whatever a page missed, and however it comes back: it ends equal to a page loaded now."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour.database import run as in_thread
from parlour.models import Head
from parlour.testing import lost_hints
from rooms.models import Room
from tests.parlour.messages import add, edit
from tests.parlour.recording_page import RecordingPage
from tests.parlour.test_streams import Reader

pytestmark = pytest.mark.django_db(transaction=True)
PATIENT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
ACTS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4)),
    st.tuples(st.just("edit"), st.integers(0, 40)),
    st.tuples(st.sampled_from(["look", "forget", "reload"]), st.just(0)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=PATIENT)
@given(acts=st.lists(ACTS, min_size=1, max_size=14))
def test_any_way_of_looking_ends_equal_to_a_fresh_page(ann, conf, acts):
    """Looks come late, or not at all; a cursor is forgotten; the page is loaded anew in between."""
    conf(GAP=6)
    room = Room.objects.create(title="Any", owner=ann)
    reader, rows = Reader(room), []
    for act, much in acts:
        if act == "add":
            rows += add(room, *(f"line {len(rows) + n}" for n in range(much)))
        elif act == "edit" and rows:
            edit(rows[much % len(rows)], f"line {much}, mended")
        elif act == "look":
            reader.look()
            assert reader.is_fresh()
        elif act == "forget":
            reader.cursor = None
        elif act == "reload":
            reader = Reader(room)
    reader.look()
    assert reader.is_fresh()


@settings(max_examples=8, deadline=None, suppress_health_check=PATIENT)
@given(
    acts=st.lists(st.sampled_from(["add", "edit", "cut", "resume"]), min_size=3, max_size=12),
    lost=st.sampled_from([0.0, 0.5, 1.0]),
)
async def test_cut_sockets_and_lost_hints_end_equal_to_a_fresh_page(ann, fast_clocks, acts, lost):
    room = await Room.objects.acreate(title="Any", owner=ann)
    rows, cut = [], False
    with lost_hints(lost):
        async with RecordingPage(ann, room.slug) as page:
            for n, act in enumerate(acts):
                if act == "add":
                    rows += await in_thread(add, room, f"line {n}")
                elif act == "edit" and rows:
                    await in_thread(edit, rows[n % len(rows)], f"line {n}, mended")
                elif act == "cut" and not cut:
                    await page.cut()
                    cut = True
                elif act == "resume" and cut:
                    await page.resume()
                    cut = False
            if cut:
                await page.resume()
            assert await page.equals_fresh()


# Not of our form, not a number, of the future, too long, of another epoch, of another room, no text, many.
JUNK = ["", "x", "room.{pk}:{epoch}", "room.{pk}:{epoch}.x", "room.{pk}:{epoch}.-1", "room.{pk}:{epoch}.²"]
JUNK += ["room.{pk}:{epoch}.99999", "room.{pk}:{epoch}." + "9" * 40, "room.{pk}:dead.1", "room.999:{epoch}.1", "\x00"]
JUNK += [None, 5, [], ["x", "y"], ["room.{pk}:beef.1", "room.{pk}:dead.2"] * 50]


def filled(cursor, **values):
    if isinstance(cursor, list):
        return [filled(each, **values) for each in cursor]
    return cursor.format(**values) if isinstance(cursor, str) else cursor


async def test_a_cursor_of_any_kind_ends_in_an_equal_page(ann, lobby, fast_clocks, log_lines):
    await in_thread(add, lobby, "one", "two", "three")
    epoch = f"{await in_thread(Head.objects.epoch):x}"
    async with RecordingPage(ann) as page:
        for cursor in JUNK:
            await page.cut()
            await in_thread(add, lobby, "another")
            await page.open()
            await page.send(kind="hello", cursor=filled(cursor, pk=lobby.pk, epoch=epoch))
            assert await page.equals_fresh(), cursor
    assert [line for line in log_lines if "renew_epoch" not in line] == []  # some claim to have seen the future


async def test_after_a_backup_was_restored_every_page_shows_what_is_there_now(ann, lobby, fast_clocks):
    """A new epoch: heads are lower than the pages' cursors, and what comes next has numbers they have seen."""
    await in_thread(add, lobby, *"abcdef")

    def restore():
        lobby.messages.filter(seq__gt=2).delete()
        Head.objects.filter(name=lobby.stream).update(seq=2)
        Head.objects.renew_epoch()

    async with RecordingPage(ann) as page:
        page.frames.clear()
        await in_thread(restore)
        await page.receives("innerHTML:#room-lobby-log")
        assert await page.equals_fresh()
        await in_thread(add, lobby, "after the backup")
        await page.shows("after the backup")
        assert await page.equals_fresh()


@pytest.mark.faults
@pytest.mark.parametrize("edited", [40, 500])
def test_a_page_that_missed_five_hundred_edits_is_answered_within_fifty_milliseconds(ann, lobby, edited):
    """Of a few messages again and again, or of so many that it gets the newest anew; of the processor's time."""
    rows = add(lobby, *(f"line {n}" for n in range(600)))[-edited:]
    reader, took = Reader(lobby), []
    for round_ in range(3):
        for n in range(500):
            edit(rows[n % edited], f"line {n}, mended {round_}")
        began = time.thread_time()
        reader.look()
        took.append(time.thread_time() - began)
        assert reader.is_fresh()
    assert min(took) <= 0.05
