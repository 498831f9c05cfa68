"""A live list of numbered rows, in a stock project; run by tests/parlour/test_examples.py."""

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured

from notes.live import notes
from notes.models import Note, add_note, finish_note
from parlour import live_list
from parlour.conf import conf
from parlour.live_parts import parts
from parlour.testing import Page, lost_hints
from tasks.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)
add, finish = sync_to_async(add_note), sync_to_async(finish_note)


@pytest.fixture
def ann(django_user_model):
    return django_user_model.objects.create_user("ann")


@pytest.fixture
def spare_part():
    yield
    parts.pop("spare", None)


def page_of(person, board="tea"):
    return Page(notes.consumer, person, board=board)


def shown(page):
    rows = page.document.find(page.region.id("rows"))
    return [str(row.children[0].children[0]) for row in rows.children if not isinstance(row, str)]


async def shows(page, *texts):
    await page.until(lambda: shown(page) == list(texts), f"{texts}")


@sync_to_async
def edit(**texts):
    from parlour import live_write

    @live_write
    def write(change):
        for old, new in texts.items():
            note = Note.objects.select_for_update().get(text=old)
            note.text = new
            change.edit(note, "text")

    write()


async def test_rows_are_appended_changed_and_removed_each_by_itself(ann):
    await add("tea", "one")
    async with page_of(ann) as page:
        await shows(page, "one")
        frames = len(page.frames)
        await add("tea", "two")
        await add("coffee", "elsewhere")
        await shows(page, "one", "two")
        await edit(one="eins")
        await shows(page, "eins", "two")
        await page.send(kind="finish", note=str((await Note.objects.aget(text="eins")).pk))
        await shows(page, "two")
        assert await page.equals_fresh()
        assert "innerHTML:#" + page.region.id("now") not in "".join(page.frames[frames:])


async def test_a_page_resumes_from_its_cursor_without_a_gap_and_nothing_comes_twice(ann):
    for text in ("one", "two", "three"):
        await add("tea", text)
    with lost_hints():
        async with page_of(ann) as page:
            await shows(page, "one", "two", "three")
            await page.cut()
            frames = len(page.frames)
            await add("tea", "four")
            await edit(two="zwei")
            await finish("tea", (await Note.objects.aget(text="one")).pk)
            await page.resume()
            await shows(page, "zwei", "three", "four")
            sent = "".join(page.frames[frames:])
            assert sent.count("<li") == 2
            await add("tea", "five")
            await shows(page, "zwei", "three", "four", "five")
            assert await page.equals_fresh()


async def test_a_page_that_missed_too_many_removals_is_sent_the_whole(ann, monkeypatch):
    monkeypatch.setattr(conf, "GAP", 2)
    for text in ("one", "two", "three", "four"):
        await add("tea", text)
    async with page_of(ann) as page:
        await page.cut()
        async for note in Note.objects.exclude(text="two"):
            await finish("tea", note.pk)
        await page.resume()
        await shows(page, "two")


async def test_a_row_that_was_created_past_the_live_writes_is_shown_by_the_next_tick(ann, monkeypatch):
    monkeypatch.setattr(conf, "TICK", 0.2)
    async with page_of(ann) as page:
        await Note.objects.acreate(board="tea", text="created")
        await shows(page, "created")


def test_what_cannot_be_a_log_is_an_error_at_once(ann, spare_part):
    for wrong, words in (
        (lambda: live_list("x.html", model=Note, name="spare")(lambda shop: shop), "shop is no field of notes.Note"),
        (lambda: live_list("x.html", model=Note, name="spare", tag="tbody")(lambda: None), "a table cannot take"),
        (lambda: live_list("x.html", model=Note, watch=[Tag]), "not with watch"),
    ):
        with pytest.raises(TypeError, match=words):
            wrong()
    add_note("tea", "one")
    spare = live_list("notes/row.html", model=Note, name="spare")(lambda board: Note.objects.exclude(board=board))
    [stream] = spare.authorize(ann, {"board": "coffee"}).streams
    with pytest.raises(ImproperlyConfigured, match=r"is a row of notes.tea; spare lists notes.coffee"):
        stream.paint(stream.variant(ann), 10)
