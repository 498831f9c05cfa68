"""The smallest consumer: it answers what it hears, to nobody else, whatever it is."""

import json

import pytest

from chat.echo import EchoConsumer
from tests.parlour.recording_page import RecordingPage

pytestmark = pytest.mark.django_db(transaction=True)


def echo():
    return RecordingPage(consumer=EchoConsumer)


async def test_all_three_ways_are_answered_with_text_and_nobody_else_hears_it():
    async with echo() as page, echo() as other:
        for number, frame in enumerate(('{"message": "<%d>"}', '{"text": "<%d>"}', "<%d>")):
            await page.send_text(frame % number)
            await page.receives(f"<li>&lt;{number}&gt;</li>")
        await other.send(message="mine")
        await other.receives("mine")
        assert "&lt;" not in "".join(other.frames)


async def test_whatever_comes_something_is_answered(log_lines):
    for text in ("5", '{"a": {}}', "{", "", "[" * 3000, "\x00", r'{"message": "\ud800"}'):
        async with echo() as page:
            page.frames.clear()
            await page.send_text(text)
            await page.until(lambda page=page: page.frames)
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
