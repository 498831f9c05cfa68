"""Eight browsers make five hundred edits in one note, on bad lines, at two processes that lose hints and are killed."""

import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.lossy_redis import LossyRedis
from .support.note_writers import NoteWriter, Story, words_of
from .support.notes import EXPIRE, NotePage, new_note
from .support.people import Person
from .support.redis import Redis
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(800)]
EDITS, SECONDS, KILLS = 500, 560, 4  # the seconds of a busy machine
PEOPLE = ["staff", "member", "other", "ann", "ben", "cleo", "staff", "member"]  # two of them have two browsers
MAKE = """
from django.contrib.auth import get_user_model
for name in ("ann", "ben", "cleo"):
    get_user_model().objects.create_user(name, password="parlour")
"""
BLOCKS = "SELECT id, version, text, deleted FROM notes_block WHERE note_id = %s ORDER BY place, id"
REVISIONS = """
SELECT block_id, version, text, username FROM notes_revision JOIN accounts_user author ON author.id = author_id
WHERE block_id IN (SELECT id FROM notes_block WHERE note_id = %s) AND NOT aside ORDER BY block_id, version
"""


class Block(NamedTuple):
    """A block as the database has it."""

    pk: int
    version: int
    text: str
    deleted: Any


@pytest.fixture
def lossy(redis: Redis) -> Iterator[LossyRedis]:
    lossy = LossyRedis(redis.port, share=0.3)
    yield lossy
    lossy.close()


def test_five_hundred_edits_at_random_lose_no_word_and_no_conflict(
    new_deployment: Callable[..., Deployment],
    redis: Redis,
    lossy: LossyRedis,
    flaky_proxy: Callable[[Server], FlakyProxy],
    person: Callable[..., Person],
    record_property: Callable[[str, object], None],
) -> None:
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    deployment = new_deployment(postgres=True, redis_url=redis.url(lossy.port), **FAST_CLOCKS)
    deployment.manage("shell", "-v0", "-c", MAKE)
    servers = [deployment.start_server("uvicorn"), deployment.start_server("daphne")]
    text = "\n\n".join(["## Minutes", *(f"Point {n}" for n in range(6)), "- [ ] buy milk", "- [ ] and tea"])
    pk = new_note(HttpClient(servers[0].url).sign_in("staff"), "Minutes", text)
    story, writers = Story(seed), []
    for n, name in enumerate(PEOPLE):
        line = flaky_proxy(servers[n % 2])
        writers.append(NoteWriter(name, NotePage(person(line).sign_in(name), pk), line, story))
    began, rounds = time.monotonic(), 0
    killed = 0
    while story.edits < EDITS and time.monotonic() - began < SECONDS:
        rounds += 1
        goes_on(writers, story)
        if rounds % 10 == 0:
            deployment.write(EXPIRE)
        if killed < KILLS and story.edits > EDITS * (killed + 1) // (KILLS + 1):
            servers[killed % 2].restart()
            killed += 1
    record_property(f"{{}} edits made (SEED={seed})", story.edits)
    assert story.edits >= EDITS, f"{story.edits} in {SECONDS} s (SEED={seed})"
    assert killed == KILLS
    comes_to_rest(writers)
    nothing_is_lost(deployment, HttpClient(servers[0].url).sign_in("staff"), pk, story)
    assert len(story.conflicts) > 5
    assert story.revived
    assert lossy.lost > 10


def goes_on(writers: list[NoteWriter], story: Story) -> None:
    """Everybody does something at once, more or less; lines are cut and come back."""
    cut = [each for each in writers if each.is_cut]
    if len(cut) < 3 and story.dice.random() < 0.1:
        story.dice.choice(writers).cut()
    if cut and story.dice.random() < 0.2:
        story.dice.choice(cut).come_back()
    for each in story.dice.sample(writers, len(writers)):
        look = each.look()
        if look:
            each.goes_on(look)


def comes_to_rest(writers: list[NoteWriter]) -> None:
    """All finish what they write; then all pages show the same, which is what a fresh page shows."""
    for each in writers:
        each.come_back()
    eventually(lambda: not [each for each in writers if not each.is_done()], 60, "nobody writes any more")
    for each in writers:
        each.note.equals_a_fresh_page(60)
    shapes = [each.note.shape for each in writers]
    assert all(shape == shapes[0] for shape in shapes)


def nothing_is_lost(deployment: Deployment, reader: HttpClient, pk: int, story: Story) -> None:
    """Each saved word is in the text or in the history, and nobody replaced what they had not seen."""
    blocks = {row[0]: Block(*row) for row in deployment.rows(BLOCKS, pk)}
    pages = [reader.get(f"/notes/{pk}/blocks/{block}/") for block in blocks]
    assert {page.status for page in pages} == {200}
    kept = words_of(" ".join(page.text for page in pages))
    assert not story.saved - kept
    before: dict[int, list[str]] = defaultdict(list)
    for block, version, text, author in deployment.rows(REVISIONS, pk):
        assert version == len(before[block]) + 1, f"block {block} has no version {len(before[block]) + 1}"
        replaced = words_of(before[block][-1]) - words_of(text) if before[block] else set()
        knew = words_of(text) in story.chosen or (author, block, version - 1) in story.shown
        assert not replaced or knew, f"{author} overwrote {before[block][-1]!r}, version {version - 1}, by {text!r}"
        before[block].append(text)
    for block in blocks.values():
        assert block.version == len(before[block.pk])
        assert not block.version or block.text == before[block.pk][-1]
    for words in story.conflicts:
        assert words <= kept
