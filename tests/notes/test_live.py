"""What pages of a note show: the same as a page that is loaded now, whatever was done and however they were cut off."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notes import writing
from notes.live import NoteConsumer
from notes.models import Block, Kind, Note
from parlour.database import run as in_thread
from parlour.testing import Page, lost_hints

pytestmark = pytest.mark.django_db(transaction=True)
PATIENT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
VERBS = ["add", "up", "down", "delete", "restore", "edit", "cancel", "save", "join", "end", "cut", "resume"]


def do(person, note, verb, n):
    """Some verb on some block of the note, where it can be done."""
    rows = list(Block.objects.filter(note=note).order_by("pk"))
    block = rows[n % len(rows)]
    fields = {verb: str(block.pk)}
    if verb == "save":
        fields |= {"block": str(block.pk), "draft": "1", "text": f"text {n}", "base": str(block.version)}
    with contextlib.suppress(writing.Refused):
        writing.act(person, note.pk, verb, fields)


@settings(max_examples=8, deadline=None, suppress_health_check=PATIENT)
@given(
    acts=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 6)), min_size=4, max_size=20),
    lost=st.sampled_from([0.0, 1.0]),
)
async def test_whatever_is_done_a_page_ends_equal_to_a_fresh_one(ann, ben, fast_clocks, acts, lost):
    note = await Note.objects.acreate(title="Any", owner=ann)
    await in_thread(writing.act, ann, note.pk, "append", {}, [(Kind.TEXT, f"line {n}", False) for n in range(5)])
    cut = False
    with lost_hints(lost):
        async with Page(NoteConsumer, ben, pk=note.pk) as page:
            for verb, n in acts:
                if verb == "cut" and not cut:
                    await page.cut()
                elif verb == "resume" and cut:
                    await page.resume()
                elif verb == "end":
                    await Block.objects.filter(note=note).aupdate(until="2000-01-01T00:00Z")
                    await in_thread(writing.look)
                elif verb not in ("cut", "resume"):
                    await in_thread(do, [ann, ben][n % 2], note, verb, n)
                cut = (cut or verb == "cut") and verb != "resume"
            if cut:
                await page.resume()
            assert await page.equals_fresh()


async def test_one_edit_of_a_long_note_reads_and_sends_one_block(ann, ben, note):
    await in_thread(writing.act, ann, note.pk, "append", {}, [(Kind.TEXT, f"line {n}", False) for n in range(300)])
    middle = await note.blocks.aget(text="line 50")
    async with Page(NoteConsumer, ben, pk=note.pk) as page:
        await page.shows("line 50")
        page.frames.clear()
        await in_thread(do_save, ann, middle, "changed")
        await page.shows("changed")
        assert "line 49" not in "".join(page.frames)
        assert len("".join(page.frames)) < 4000


def do_save(person, block, text):
    fields = {"save": str(block.pk), "block": str(block.pk), "draft": "1", "text": text, "base": str(block.version)}
    writing.act(person, block.note_id, "save", fields)


async def test_who_writes_where_is_seen_and_ends_after_a_minute_of_silence(ann, ben, note, blocks):
    async with Page(NoteConsumer, ben, pk=note.pk) as page:
        await in_thread(writing.act, ann, note.pk, "edit", {"edit": str(blocks[1].pk)})
        await page.shows("Ann writes here")
        with pytest.raises(writing.Refused, match="Ann writes here"):
            await in_thread(writing.act, ben, note.pk, "edit", {"edit": str(blocks[1].pk)})
        await Block.objects.filter(note=note).aupdate(until="2000-01-01T00:00Z")
        await in_thread(writing.look)
        await page.until(lambda: "Ann writes here" not in page.document.text())
        assert await page.equals_fresh()


async def test_what_was_done_is_announced_once_and_a_lease_is_not(ann, ben, note, blocks):
    async with Page(NoteConsumer, ben, pk=note.pk) as page:
        await in_thread(writing.act, ann, note.pk, "edit", {"edit": str(blocks[1].pk)})
        await page.shows("Ann writes here")
        await in_thread(do_save, ann, blocks[1], "second")
        await page.receives("Ann changed: second")
        await in_thread(writing.act, ann, note.pk, "down", {"down": str(blocks[1].pk)})
        await page.receives("Ann moved: second")
        assert "".join(page.frames).count("changed: second") == 1
