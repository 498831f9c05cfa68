"""A note of 2,000 blocks opens as fast as one of 50, and an edit in it reads and sends one block."""

import time

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notes.live import NoteConsumer
from notes.models import Block, Draft, Note, Revision
from parlour.models import Head
from parlour.testing import Page

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"small": 50, "large": 2000}
ROUNDS = 3  # of which the quickest counts
FRAMES = 3000  # bytes: a block of one line, its announcement, the new cursor, perhaps a heartbeat


@pytest.fixture
def notes(ann):
    """A note of each size, with blocks of one line that were saved once."""
    notes = {name: Note.objects.create(title=name, owner=ann) for name in SIZES}
    for name, note in notes.items():
        blocks = [
            Block(note=note, text=f"line {n}", html=f"<p>line {n}</p>", place=n * 2**32, version=1, author=ann)
            for n in range(1, SIZES[name] + 1)
        ]
        for seq, block in enumerate(blocks, 1):
            block.seq = block.changed = seq
        Block.objects.bulk_create(blocks)
        Revision.objects.bulk_create([Revision(block=each, version=1, text=each.text) for each in blocks])
        Head.objects.update_or_create(name=note.stream, defaults={"seq": len(blocks)})
    return notes


def cost(client, address):
    """What a page costs the server: statements, and seconds of its processor."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(address)
        took.append(time.process_time() - began)
        assert answer.status_code == 200
    return len(statements), min(took)


def test_its_page_costs_at_most_three_times_as_much_as_one_of_fifty(notes, ann, client):
    client.force_login(ann)
    (few, small), (many, large) = (cost(client, notes[name].get_absolute_url()) for name in SIZES)
    assert many == few
    assert large < 3 * small, f"{large * 1000:.0f} ms, and {small * 1000:.0f} ms for fifty"


async def test_what_is_done_with_one_block_sends_this_block_alone(notes, ann, ben, client):
    await client.aforce_login(ann)
    for done, (blocks, size) in (await what_is_sent(notes["large"], ben, client)).items():
        assert blocks <= 1, done
        assert size < FRAMES, f"{done}: {size} bytes"


async def what_is_sent(note, reader, client):
    """For each thing that is done in a note: how many blocks and bytes somebody's open page is sent."""
    sent = {}
    block, last = await sync_to_async(lambda: (note.blocks.get(seq=20), note.blocks.latest("place")))()
    async with Page(NoteConsumer, reader, pk=note.pk) as page:

        async def do(words, **fields):
            del page.frames[:]
            answer = await sync_to_async(client.post)(f"/notes/{note.pk}/do/", fields, headers={"HX-Request": "true"})
            assert answer.status_code == 200
            await page.receives(words)
            frames = "".join(page.frames)
            sent[words] = frames.count('class="said'), len(frames.encode())

        await do("writes here", edit=block.pk)
        draft = await Draft.objects.aget(block=block)
        await do("Ann changed", save=block.pk, draft=draft.pk, text="another line", base="1")
        await do("Ann moved", up=block.pk)
        await do("Ann deleted", delete=block.pk)
        await do("Ann put back", restore=block.pk)
        await do("writes here", add=last.pk)
        draft = await Draft.objects.aget(person__username="ann")
        await do("Ann added", save=draft.block_id, draft=draft.pk, text="one line more", base="0")
        assert await page.equals_fresh()
    return sent
