"""Drafts: kept when somebody pauses, painted once and on their own pages alone, gone when sent."""

import asyncio
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rooms.drafts import draft_of, keep_draft
from rooms.models import Draft, Message
from tests.parlour.recording_page import RecordingPage
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def box(page):
    """The box of a page."""
    return re.search(r'<div id="room-lobby-box".*?</div>', page.content.decode(), re.DOTALL)[0]


async def becomes(person, room, text):
    """Until this is the draft that is kept."""
    async with asyncio.timeout(10):
        while await asyncio.to_thread(draft_of, person, room) != text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_stands_in_the_box_is_kept_for_nobody_else_and_is_gone_when_it_is_sent(ann, ben, lobby):
    async with RecordingPage(ann) as here, RecordingPage(ben) as there:
        await here.send(kind="draft", text="half a sentence")
        await becomes(ann, lobby, "half a sentence")
        await here.send(kind="typing", text="half a sentence, with")
        await becomes(ann, lobby, "half a sentence, with")
        await there.send(kind="say", text="in between")
        await here.shows("in between")
        await becomes(ann, lobby, "half a sentence, with")
        assert not any("half" in frame for frame in there.frames)
        await here.send(kind="say", text="half a sentence, and the rest")
        await becomes(ann, lobby, "")


async def test_what_a_page_shows_that_it_did_not_write_is_gone_when_it_sends_it_also_as_it_comes_back(ann, lobby):
    await asyncio.to_thread(keep_draft, ann, lobby, "from my telephone")
    async with RecordingPage(ann) as page:
        await page.send(kind="say", page="aa", acked="0", text="from my telephone")
        await becomes(ann, lobby, "")
        await page.send(kind="draft", text="sent without a socket")
        await becomes(ann, lobby, "sent without a socket")
        await page.cut()
        await page.resume(page="aa", acked="1", text="sent without a socket")
        await page.shows("sent without a socket")
        await becomes(ann, lobby, "")


async def test_what_did_not_change_and_a_post_after_a_post_ask_nothing(ann, lobby, monkeypatch):
    calls = []
    monkeypatch.setattr("rooms.consumers.keep_draft", lambda *of: calls.append(of[2]))
    async with RecordingPage(ann) as page:
        for text in ("once", "once", "twice"):
            await page.send(kind="draft", text=text)
        for text in ("first", "second"):
            await page.send(kind="say", text=text)
        await page.shows("second")
        await page.send(kind="draft", text="last")
        await page.send(kind="draft", text="first")
        await eventually(lambda: "first" in calls)
    assert calls == ["once", "twice", "last", "first"]


async def test_who_may_not_write_keeps_nothing(ann, gus, lobby):
    await type(lobby).objects.aupdate(guests="read")
    async with RecordingPage(gus) as page, RecordingPage(ann) as other:
        for text in ("in vain", None, ["a", "list"]):
            await page.send(kind="draft", text=text)
        await other.send(kind="say", text="after")
        await page.shows("after")
        assert not await Draft.objects.aexists()
        assert page.closed is None


def test_it_is_one_row_that_changes_and_a_blank_is_none(ann, lobby):
    with CaptureQueriesContext(connection) as queries:
        keep_draft(ann, lobby, "a\0b")
    assert len([each for each in queries if not each["sql"].startswith(("BEGIN", "COMMIT", "SAVE", "RELEASE"))]) == 1
    keep_draft(ann, lobby, "changed")
    assert [draft.text for draft in Draft.objects.all()] == ["changed"]
    keep_draft(ann, lobby, " \n")
    assert draft_of(ann, lobby) == ""
    assert not Draft.objects.exists()


def test_a_page_shows_the_draft_of_its_reader_in_its_first_box_and_what_asks_later_does_not(ann, ben, lobby, client):
    keep_draft(ann, lobby, 'mine <&>"')
    client.force_login(ann)
    assert 'value="mine &lt;&amp;&gt;&quot;"' in box(client.get("/rooms/lobby/"))
    assert "value=" not in box(client.get("/rooms/lobby/panel/"))
    client.force_login(ben)
    assert "value=" not in box(client.get("/rooms/lobby/"))
    keep_draft(ben, lobby, "two\nlines")
    assert "<textarea" in box(client.get("/rooms/lobby/"))
    assert "two\nlines</textarea>" in box(client.get("/rooms/lobby/"))
    client.logout()
    assert client.get("/rooms/lobby/").status_code == 200


def test_a_plain_form_sends_the_draft_and_one_that_is_rejected_comes_back_once(ann, lobby, client):
    keep_draft(ann, lobby, "plain")
    client.force_login(ann)
    assert client.post("/rooms/lobby/messages/", {"text": " "}).status_code == 422
    assert draft_of(ann, lobby) == "plain"
    keep_draft(ann, lobby, "x" * 5000)
    again = client.post("/rooms/lobby/messages/", {"text": "x" * 5000})
    assert again.status_code == 422
    assert "value=" not in box(again)
    client.post("/rooms/lobby/messages/", {"text": "plain"})
    assert draft_of(ann, lobby) == ""
    assert Message.objects.get().text == "plain"
