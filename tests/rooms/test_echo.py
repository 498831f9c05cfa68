"""The smallest consumer: it answers what it hears, to nobody else, whatever it is."""

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
