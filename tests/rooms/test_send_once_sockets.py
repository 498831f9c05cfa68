"""A send is stored once, or is still on its page: acknowledgements, replays, duplicated tabs, refusals."""

import threading

import pytest
from django.db import OperationalError
from django.utils.html import escape

from parlour import hub
from rooms import consumers, posting
from rooms.models import Message
from rooms.posting import TOO_FAST
from rooms.send_once import MOST
from tests.parlour.recording_page import RecordingPage, Silent

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "0123456789abcdef"


class Composer(RecordingPage):
    """A page with htmx's composer: sent boxes stay until they are acknowledged, newest first."""

    async def __aenter__(self):
        await super().__aenter__()
        self.document.set_value("room-lobby-page", PAGE)
        self.document.set_value("room-lobby-acked", "0")
        return self

    @property
    def box(self):
        return [str(dict(child.attributes)["value"]) for child in self.document.find("room-lobby-box").children]

    def fields(self):
        text = {"text": self.box} if self.box else {}
        return {"page": self.document.value("room-lobby-page"), "acked": self.acked} | text

    @property
    def acked(self):
        return self.document.value("room-lobby-acked")

    def types(self, *texts):
        for text in texts:
            box = f'<div hx-swap-oob="afterbegin:#room-lobby-box"><input name="text" value="{text}"></div>'
            self.document.apply(box)

    async def says(self, *texts):
        for text in texts:
            self.types(text)
            await self.send(kind="say", **self.fields())

    async def hello(self):
        await self.open()
        await self.send(kind="hello", cursor=self.document.cursors(), **self.fields())
        await self.until(lambda: self.document.value("room-lobby-met") == "1")

    async def is_settled(self, acked):
        await self.until(lambda: (self.box, self.acked) == ([], str(acked)), f"{acked} acknowledged")


@pytest.fixture
async def mine(ann, lobby):
    async with Composer(ann) as mine:
        await mine.cut()
        await mine.hello()
        yield mine


async def stored():
    return [text async for text in Message.objects.order_by("seq").values_list("text", flat=True)]


async def test_a_text_leaves_its_box_when_it_is_shown_and_not_before(mine):
    for n in range(1, 4):
        mine.frames.clear()
        await mine.says(f"text {n}")
        await mine.is_settled(n)
        told = "".join(mine.frames)
        assert told.count("delete:#room-lobby-box > :last-child") == 1
        frames = [place for place, frame in enumerate(mine.frames) for _ in range(frame.count(f"text {n}</p>"))]
        [acked] = [place for place, frame in enumerate(mine.frames) if 'id="room-lobby-acked"' in frame]
        assert len(frames) == 1
        assert frames[0] <= acked


async def test_a_replay_stores_nothing_and_takes_no_box(mine):
    """htmx sends what waited in its own queue again, right after hello took it."""
    await mine.says("one")
    await mine.is_settled(1)
    mine.types("a draft")
    mine.frames.clear()
    await mine.send(kind="say", text="one", page=PAGE, acked="0")
    await mine.send(kind="typing")
    await mine.says("two")
    await mine.is_settled(3)
    assert await stored() == ["one", "a draft", "two"]


async def test_hello_takes_what_is_pending_and_a_replay_after_it_takes_nothing(mine):
    await mine.cut()
    mine.types("one", "two")
    await mine.hello()
    await mine.is_settled(2)
    await mine.send(kind="say", text=["two", "one"], page=PAGE, acked="0")
    await mine.says("three", "four", "five")  # typed while another is on its way, they travel with it
    await mine.is_settled(5)
    assert await stored() == ["one", "two", "three", "four", "five"]


async def test_a_text_whose_acknowledgement_was_lost_is_stored_once(mine):
    await mine.send(kind="say", text="one", page=PAGE, acked="0")
    await mine.shows("one")
    mine.types("one")
    mine.document.set_value("room-lobby-acked", "0")  # the answer never came
    await mine.cut()
    await mine.hello()
    await mine.is_settled(1)
    assert await stored() == ["one"]


async def test_a_page_without_pending_texts_hears_how_far_it_was_stored(mine):
    await mine.says("one", "two")
    await mine.is_settled(2)
    await mine.cut()
    mine.document.set_value("room-lobby-acked", "0")  # the box went with a reload of the panel
    await mine.hello()
    await mine.is_settled(2)
    await mine.says("three")
    await mine.is_settled(3)
    assert await stored() == ["one", "two", "three"]


async def test_a_duplicated_tab_keeps_its_text_under_a_page_of_its_own(ann, mine):
    async with Composer(ann) as twin:
        await mine.says("from the first")
        await mine.is_settled(1)
        await twin.cut()
        twin.types("from its twin")
        await twin.hello()
        await twin.is_settled(0)
        assert twin.document.value("room-lobby-page") != PAGE
        await twin.says("once more")
        await twin.is_settled(1)
    assert await stored() == ["from the first", "from its twin", "once more"]


async def test_a_page_id_that_another_person_has_too_costs_nobody_a_text(ben, mine):
    await mine.says("one", "two")
    await mine.is_settled(2)
    async with Composer(ben) as other:
        await other.cut()
        await other.hello()
        await other.says("Ben's first")
        await other.is_settled(1)
    assert await stored() == ["one", "two", "Ben's first"]


async def test_an_empty_text_is_answered_in_words_and_its_box_goes(mine):
    await mine.says(" ")
    await mine.is_settled(1)
    await mine.shows("There is nothing in it to send.")
    assert "Send again" not in mine.document.text()
    await mine.says("")
    await mine.is_settled(2)


async def test_among_several_only_the_refused_one_comes_back_and_once(mine):
    mine.types("good", "x" * 5000, "good too")
    await mine.send(kind="say", **mine.fields())
    await mine.is_settled(3)
    assert await stored() == ["good", "good too"]
    await mine.send(kind="say", text="x" * 5000, page=PAGE, acked="1")  # again: it brings no second form
    await mine.says("after")
    await mine.is_settled(4)
    assert str(mine.document.find("room-lobby-err")).count("<form") == 1


async def test_who_is_too_fast_gets_every_text_back_with_the_reason(mine, post_rate):
    post_rate("0.001/2")
    for n in range(4):
        await mine.says(f"text {n}")
    await mine.is_settled(4)
    kept = await stored()
    assert 1 <= len(kept) < 4
    await mine.shows(str(TOO_FAST))
    back = str(mine.document.find("room-lobby-err"))
    assert all(f"text {n}" in back for n in range(4) if f"text {n}" not in kept)


async def test_more_than_a_hundred_pending_texts_all_arrive_in_order(mine, post_rate):
    post_rate("1000/1000")
    await mine.cut()
    texts = [f"text {n}" for n in range(MOST + 30)]
    mine.types(*texts)
    await mine.hello()
    await mine.until(lambda: mine.acked == str(MOST))
    assert len(mine.box) == 30
    await mine.says("the last")
    await mine.is_settled(MOST + 31)
    assert await stored() == [*texts, "the last"]


async def test_a_program_needs_no_hello_and_no_numbers(ann, lobby):
    async with Silent(ann) as bot:
        await bot.send(message="hi")
        await bot.send(text="hi")
        await bot.shows("hi")
        await bot.send(message="third")
        await bot.shows("third")
    assert await stored() == ["hi", "hi", "third"]


@pytest.mark.parametrize("acked", ["0", "20000", 999999999])
async def test_a_page_that_lies_about_its_count_gets_a_short_answer(ann, lobby, acked):
    async with Silent(ann) as page:
        await page.hello(page=PAGE, acked="0")
        page.frames.clear()
        await page.send(kind="say", text="big", page=PAGE, acked=acked)
        await page.shows("big")
        assert sum(map(len, page.frames)) < 5000


async def test_a_client_that_makes_up_pages_is_not_remembered_for_each(ann, lobby, conf, post_rate):
    post_rate("1000/1000")
    conf(FRAME_RATE="1000/1000")
    async with Silent(ann) as page:
        await page.hello(page=PAGE, acked="0")
        for n in range(20):
            await page.send(kind="say", text="x", page=f"{n:016x}", acked="0")
        await page.send(kind="say", text="the end", page=PAGE, acked="0")
        await page.shows("the end")
        [consumer] = hub.current().listeners
        assert len(consumer.sent.acked) < 5


async def test_a_commit_that_takes_too_long_sends_the_page_away_and_stores_it_once(mine, monkeypatch):
    post, free = posting.commits.write, threading.Event()

    def slow(texts):
        assert free.wait(10)
        return post(texts)

    monkeypatch.setattr(posting.commits, "write", slow)
    monkeypatch.setattr(consumers, "COMMIT_WITHIN", 0.2)
    await mine.says("patience")
    await mine.ends(1013)
    assert mine.box == ["patience"]
    free.set()
    monkeypatch.setattr(consumers, "COMMIT_WITHIN", 10)
    await mine.hello()
    await mine.is_settled(1)
    assert await stored() == ["patience"]


async def test_on_a_full_disk_no_later_text_goes_before_an_earlier_one(mine, monkeypatch):
    post, does_not_fit = posting.commits.write, {"two"}

    def write(texts):
        if does_not_fit & {each.text.text for each in texts}:
            raise OperationalError("database or disk is full")
        return post(texts)

    monkeypatch.setattr(posting.commits, "write", write)
    await mine.says("one")
    await mine.is_settled(1)
    await mine.says("two", "three", "four")
    await mine.ends(1013)
    await mine.open()  # it comes back, with all three, while the disk is still full
    await mine.send(kind="hello", cursor=mine.document.cursors(), **mine.fields())
    await mine.ends(1013)
    assert await stored() == ["one"]
    assert mine.box == ["four", "three", "two"]
    does_not_fit.clear()
    await mine.hello()
    await mine.is_settled(4)
    assert await stored() == ["one", "two", "three", "four"]


async def test_a_large_paste_that_is_refused_comes_back_in_frames_that_a_socket_carries(mine):
    """Quotes grow six times in markup: 600,000 characters of JSON would be an answer of 2 MiB."""
    await mine.cut()
    await mine.open()
    paste = ('{"a":"b"}' * 66_667)[:600_000]
    await mine.send(kind="hello", cursor=mine.document.cursors(), page=PAGE, acked="0", text=paste)
    await mine.receives("Not sent.")
    await mine.stays()
    assert max(len(frame.encode()) for frame in mine.frames) < 2**20
    assert escape(paste[:50_000]) in "".join(mine.frames)
    await mine.says("after it")
    await mine.shows("after it")
