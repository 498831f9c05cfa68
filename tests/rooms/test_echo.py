"""The smallest consumer: it answers what it hears, to nobody else, whatever it is."""

import json

import pytest

from rooms.echo import EchoConsumer
from tests.parlour.recording_page import RecordingPage

pytestmark = pytest.mark.django_db(transaction=True)


def echo():
    return RecordingPage(consumer=EchoConsumer)


@pytest.mark.parametrize("frame", ['{"message": "hi"}', '{"text": "hi"}', "hi"])
async def test_all_three_ways_are_answered(frame):
    async with echo() as page:
        await page.send_text(frame)
        await page.receives("<li>hi</li>")


async def test_nobody_else_hears_it():
    async with echo() as page, echo() as other:
        await page.send(message="for me alone")
        await page.receives("for me alone")
        await other.send(message="mine")
        await other.receives("mine")
        assert "for me alone" not in "".join(other.frames)


async def test_what_comes_back_is_text():
    async with echo() as page:
        await page.send_text("<img src=x onerror=alert(1)>")
        await page.receives("&lt;img src=x onerror=alert(1)&gt;")


@pytest.mark.parametrize("frame", [{}, {"message": 5}, {"message": ["a"]}, {"text": None}, {"kind": "say"}])
async def test_an_object_without_words_is_told_how(frame, log_lines):
    async with echo() as page:
        await page.send(**frame)
        await page.receives("plain text")
    assert log_lines == []


@pytest.mark.parametrize(
    "text", ["5", "[]", "null", '{"a": {}}', "{", "", "[" * 3000, "\x00", r'{"message": "\ud800"}']
)
async def test_whatever_comes_something_is_answered(text, log_lines):
    async with echo() as page:
        page.frames.clear()
        await page.send_text(text)
        await page.until(lambda: page.frames)
        await page.send(message="still here")
        await page.receives("still here")
    assert log_lines == []


async def test_a_frame_over_the_limit_is_not_echoed(conf):
    conf(FRAME_BYTES=80_000)
    async with echo() as page:
        page.frames.clear()
        await page.send_text("x" * 70_000)
        await page.send_text(json.dumps({"message": "x" * 90_000}))
        await page.send(message="small")
        await page.receives("small")
        assert "x" * 60_000 not in "".join(page.frames)
